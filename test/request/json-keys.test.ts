import fc from 'fast-check';
import { findRepeatedKeys } from '../../src/request/json-keys';

test.each<[string, string[]]>([
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"a":1,"\\u0061":2}', ['a']],
  ['{"a":{"b":1,"c":2,"b":3}}', ['a.b']],
  ['{"a":[{"b":1},{"b":2}]}', []],
  ['{"a":[{"b":1,"b":2}]}', ['a.[].b']],
  ['[{"b":1,"b":2}]', ['[].b']],
  ['{"":{"a":1,"a":2}}', ['.a']],
  ['{"a":"\\"a\\":","b":"{","b":"}"}', ['b']],
])('in %s twice: %j', (json, expected) => {
  expect([...findRepeatedKeys(json)]).toEqual(expected);
});

test('what JSON.stringify writes has no key twice, and one more at the root is found', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
      const json = JSON.stringify(value);
      expect(findRepeatedKeys(json)).toEqual(new Set());
      const [key = ''] = Object.keys(value);
      expect(findRepeatedKeys(`{${JSON.stringify(key)}:0,${json.slice(1)}`)).toEqual(new Set([key]));
    }),
  );
});

test('a text as long as a line may be is gone through', () => {
  expect(findRepeatedKeys(JSON.stringify({ a: 'x\\"'.repeat(20_000) }))).toEqual(new Set());
  expect(findRepeatedKeys('['.repeat(30_000) + ']'.repeat(30_000))).toEqual(new Set());
});
