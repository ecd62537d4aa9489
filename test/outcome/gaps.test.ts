import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { codeOf, type Gap, gapOf, gaps, isServerLostEverywhere, lastingGaps } from '../../src/outcome/gaps';
import { addGaps, judgementOf, states } from '../../src/outcome/states';

const page = readFileSync(join(__dirname, '../../docs/status-json.md'), 'utf8');
const suffixes = {
  host: '',
  profile: '-on-PROFILE',
  'profile?': '-on-PROFILE',
  family: '-FAMILY',
  hook: '-FAMILY-HOOK',
} as const;

test('the page of the status JSON lists every gap, with its state and its words, and no other', () => {
  const inTable = Object.entries(gaps).map(([code, { state, per, text }]) => [`${code}${suffixes[per]}`, state, text]);
  const [, list = ''] = page.split('| gap | state | text |');
  const onPage = [...(list.split('\n\n')[0] ?? '').matchAll(/^\| `([^`]+)` \| ([a-z-]+) \| (.+) \|$/gm)];
  expect(onPage.map(([, ...cells]) => cells)).toEqual(inTable);
});

test('the code for others names the place, and the text does too', () => {
  expect(codeOf({ code: 'server-lost', profile: 'public' })).toBe('server-lost-on-Public');
  expect(gapOf({ code: 'server-lost', profile: 'public' }).detail).toContain('Public profile');
  expect(codeOf({ code: 'not-dropped', hook: 'inet output' })).toBe('not-dropped-inet-output');
  expect(codeOf({ code: 'table-off', family: 'inet' })).toBe('table-off-inet');
  expect(codeOf({ code: 'handler-blocked' })).toBe('handler-blocked');
  expect(gapOf({ code: 'rule-missing' }, '"A"').detail).toMatch(/: "A"$/);
});

/** Whether the compiler takes a gap of which this is all that is said. */
type Compiles<At> = At extends Parameters<typeof gapOf>[0] ? true : false;

test('a gap that has no line in the table does not compile, nor one that does not say where it is', () => {
  const compiles: { readonly [Code in 'rule-missing' | 'profile-off' | 'not-listed']: Compiles<{ code: Code }> } = {
    'rule-missing': true,
    'profile-off': false,
    'not-listed': false,
  };
  const toldByCodeAlone = Object.entries(gaps).flatMap(([code, { per }]) => (per === 'host' ? [code] : []));
  for (const [code, isTaken] of Object.entries(compiles))
    expect([code, toldByCodeAlone.includes(code)]).toEqual([code, isTaken]);
});

const small = gapOf({ code: 'foreign-rule' });
const fatal = gapOf({ code: 'firewall-stopped' });

test.each([
  ['nothing', [], 'contained'],
  ['something small', [small], 'degraded'],
  ['something fatal', [small, fatal, small], 'ineffective'],
  ['a policy that cannot be read', [fatal, gapOf({ code: 'policy-unreadable' })], 'uncertain'],
  ['an order that did not finish', [gapOf({ code: 'unfinished-step' }), fatal], 'interrupted'],
])('with %s a host is what that makes of it', (_, found, state) => {
  expect(judgementOf(found)).toEqual({ state, gaps: found });
});

test('no gap makes a host that is not contained, or of which nothing is known, look contained', () => {
  const gap = fc.constantFrom(small, fatal, gapOf({ code: 'server-silent' }, '10.0.0.5 port 1514'));
  fc.assert(
    fc.property(fc.constantFrom(...states), fc.array(gap), (state, more) => {
      const after = addGaps({ state, gaps: [] }, more).state;
      const isHeld = state === 'contained' || state === 'degraded';
      expect(isHeld ? ['contained', 'degraded', 'ineffective'] : [state]).toContain(after);
    }),
  );
});

test('what only an ADD could see holds until the next one; a code of another version does not', () => {
  const seen = [gapOf({ code: 'server-silent' }), fatal, gapOf({ code: 'probe-answers' })];
  const [unknown] = JSON.parse('[{ "code": "of-another-version", "detail": "x" }]') as Gap[];
  expect(lastingGaps([...seen, ...(unknown === undefined ? [] : [unknown])]).map(codeOf)).toEqual([
    'server-silent',
    'probe-answers',
  ]);
});

test('the server is lost everywhere when it is lost in all three profiles', () => {
  const lostIn = (...profiles: readonly ('domain' | 'private' | 'public')[]): Gap[] =>
    profiles.map((profile) => gapOf({ code: 'server-lost', profile }));
  expect(isServerLostEverywhere(lostIn('domain', 'private', 'public'))).toBe(true);
  expect(isServerLostEverywhere(lostIn('domain', 'public', 'public'))).toBe(false);
});
