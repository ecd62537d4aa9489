import { findInForce } from '../../../src/firewall/windows/profiles-in-force';

const dashes = '-'.repeat(70);
const shown = (heading: string, state: string) => [heading, dashes, `State ${state}`, 'Ok.'];
const [domain, private_, public_] = [shown('A', 'ON'), shown('B', 'ON'), shown('C', 'OFF')];
const each = [domain, private_, public_].map((lines) => new Set(lines));
const find = (current: readonly string[], profiles = each) => findInForce(new Set(current), profiles);

test('a profile is in force when all lines that are its own are shown', () => {
  expect(find(domain ?? [])).toEqual(['domain']);
  expect(find([...(private_ ?? []), ...(public_ ?? [])])).toEqual(['private', 'public']);
});

test.each([
  ['nothing is shown', ['Ok.']],
  ['a part of what is a profile’s own', ['C', dashes, 'State ON', 'Ok.']],
  ['something else', ['No profile', dashes]],
])('%s: it cannot be told', (_, current) => {
  expect(find(current)).toBeUndefined();
});

test('profiles that cannot be told apart cannot be told', () => {
  expect(find(['same'], [new Set(['same']), new Set(['same']), new Set(['C'])])).toBeUndefined();
});
