import fc from 'fast-check';
import { parseRule } from '../../../../src/firewall/windows/read/parse-rule';
import { readNameAndActive, ruleOnDemand } from '../../../../src/firewall/windows/read/rule-on-demand';

const fieldNames = [
  'Name',
  'NAME',
  'Active',
  'aCtIvE',
  'Action',
  'Dir',
  'Protocol',
  'LPort',
  'RA4',
  'Filename',
  'Name2',
  '',
];
const values = [
  'TRUE',
  'FALSE',
  'false',
  ' FALSE',
  '',
  'Allow',
  'In',
  '6',
  '80',
  '10.0.0.5',
  'a=b',
  '|',
  'Name=x',
  '\n',
];

const field = fc
  .tuple(fc.constantFrom(...fieldNames), fc.oneof(fc.constantFrom(...values), fc.string()))
  .map(([name, value]) => `|${name}=${value}`);

/** Rules as Windows writes them, and texts that are nearly such. */
const text = fc
  .tuple(
    fc.constantFrom('v2.31', '', 'Name=x', 'Active=TRUE'),
    fc.array(field),
    fc.constantFrom('', '|', '||', '|Name'),
  )
  .map(([head, fields, end]) => head + fields.join('') + end);

test('the name and whether it is active are what a whole reading says', () => {
  fc.assert(
    fc.property(text, (raw) => {
      const { name, active } = parseRule('{id}', raw);
      expect(readNameAndActive(raw)).toEqual({ name, active });
    }),
    { numRuns: 3000 },
  );
});

test('asked for anything, it says what a whole reading says', () => {
  fc.assert(
    fc.property(text, (raw) => {
      const whole = parseRule('{id}', raw);
      const onDemand = ruleOnDemand('{id}', raw);
      for (const key of Object.keys(whole) as (keyof typeof whole)[]) expect(onDemand[key]).toEqual(whole[key]);
    }),
    { numRuns: 1000 },
  );
});
