import {
  type EffectiveProfile,
  effectiveProfile,
  effectiveProfiles,
} from '../../../../src/firewall/windows/read/effective';
import { decide } from '../../../../src/firewall/windows/read/evaluate';
import { allowListOf } from './policies';

/** A setting is absent, 0 or 1. */
type Setting = undefined | 0 | 1;
const each: readonly Setting[] = [undefined, 0, 1];

/** Every combination of a setting in the three sources. */
const triples = each.flatMap((local) => each.flatMap((gpo) => each.map((mdm) => ({ local, gpo, mdm }))));
type Triple = (typeof triples)[number];

/**
 * What a setting can come to: one value, or two where the policies disagree. Written from the merge law, not from the
 * code.
 */
const mergeTable: Record<string, (triple: Triple) => Setting[]> = {
  EnableFirewall: ({ local, gpo, mdm }) => imposed(gpo, mdm) ?? [local ?? 1],
  DefaultInboundAction: ({ local, gpo, mdm }) => imposed(gpo, mdm) ?? [local ?? 1],
  DefaultOutboundAction: ({ local, gpo, mdm }) => imposed(gpo, mdm) ?? [local ?? 0],
  AllowLocalPolicyMerge: ({ gpo, mdm }) => imposed(gpo, mdm) ?? [1],
  DoNotAllowExceptions: ({ local, gpo, mdm }) => [local === 1 || gpo === 1 || mdm === 1 ? 1 : 0],
};

function imposed(gpo: Setting, mdm: Setting): Setting[] | undefined {
  if (gpo === undefined && mdm === undefined) return undefined;
  if (gpo === undefined || mdm === undefined) return [gpo ?? mdm];
  return gpo === mdm ? [gpo] : [0, 1];
}

const seen: Record<string, (profile: EffectiveProfile) => Setting> = {
  EnableFirewall: ({ enforced }) => (enforced ? 1 : 0),
  DefaultInboundAction: ({ inbound }) => (inbound === 'block' ? 1 : 0),
  DefaultOutboundAction: ({ outbound }) => (outbound === 'block' ? 1 : 0),
  AllowLocalPolicyMerge: ({ localRulesCount }) => (localRulesCount ? 1 : 0),
  DoNotAllowExceptions: ({ shieldsUp }) => (shieldsUp ? 1 : 0),
};

function settings(values: Record<string, Setting>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function worlds(values: Record<string, Triple>): EffectiveProfile[][] {
  const of = (source: keyof Triple) =>
    allowListOf(
      source,
      settings(Object.fromEntries(Object.entries(values).map(([name, triple]) => [name, triple[source]]))),
    );
  return effectiveProfiles(of('local'), [of('gpo'), of('mdm')]);
}

describe.each(Object.keys(mergeTable))('%s, in every combination of the three sources', (setting) => {
  test.each(triples)('local $local, gpo $gpo, mdm $mdm', (triple) => {
    const outcomes = worlds({ [setting]: triple });
    for (const index of [0, 1, 2]) {
      const values = outcomes.map((profiles) => seen[setting]?.(profiles[index] as EffectiveProfile));
      expect([...new Set(values)].sort()).toEqual(mergeTable[setting]?.(triple));
    }
  });
});

test('what an outbound flow meets is as the merge law says, for every combination of state, default and merge', () => {
  const allow = 'Action=Allow|Active=TRUE|Dir=Out|Protocol=17|RPort=1514|RA4=192.0.2.1|Name=Server';
  const flow = { direction: 'out', protocol: 17, localPort: 50_000, remotePort: 1514, remote: '192.0.2.1' } as const;
  const managedPairs = each.flatMap((gpo) => each.map((mdm) => ({ gpo, mdm })));
  let checked = 0;
  for (const state of triples) {
    for (const outbound of triples) {
      for (const merge of managedPairs) {
        const value = (source: keyof Triple) =>
          settings({
            EnableFirewall: state[source],
            DefaultOutboundAction: outbound[source],
            ...(source === 'local' ? {} : { AllowLocalPolicyMerge: merge[source] }),
          });
        const local = allowListOf('local', value('local'), [allow]);
        const outcomes = effectiveProfiles(local, [allowListOf('gpo', value('gpo')), allowListOf('mdm', value('mdm'))]);
        const verdicts = outcomes.map((profiles) => decide(profiles[2] as EffectiveProfile, flow).verdict);
        // One of the two policies wins, in every setting.
        const winners = [['gpo', 'mdm'] as const, ['mdm', 'gpo'] as const];
        const expected = winners.map(([first, second]) => {
          const pick = (setting: { gpo?: Setting; mdm?: Setting }): Setting => setting[first] ?? setting[second];
          const isOff = (pick(state) ?? state.local ?? 1) === 0;
          const isOpen = (pick(outbound) ?? outbound.local ?? 0) === 0;
          const hasRule = (pick(merge) ?? 1) === 1;
          return isOff || isOpen || hasRule ? 'allowed' : 'blocked';
        });
        expect(new Set(verdicts)).toEqual(new Set(expected));
        checked++;
      }
    }
  }
  expect(checked).toBe(27 * 27 * 9);
});

test('a value that nobody knows counts as the worse one', () => {
  const odd = allowListOf('gpo', {
    EnableFirewall: 2,
    DefaultInboundAction: 'block',
    DefaultOutboundAction: 7,
    AllowLocalPolicyMerge: 'yes',
    DoNotAllowExceptions: 3,
  });
  expect(effectiveProfile('public', allowListOf('local'), [odd])).toMatchObject({
    enforced: false,
    inbound: 'allow',
    outbound: 'allow',
    localRulesCount: false,
    shieldsUp: true,
  });
});

test('each profile has its own settings', () => {
  const local = allowListOf('local', {
    domain: { DefaultOutboundAction: 1 },
    private: {},
    public: { EnableFirewall: 0 },
  });
  const [profiles = []] = effectiveProfiles(local, [
    allowListOf('gpo', { domain: {}, private: {}, public: { EnableFirewall: 1 } }),
  ]);
  expect(profiles.map(({ name, outbound, enforced }) => [name, outbound, enforced])).toEqual([
    ['domain', 'block', true],
    ['private', 'allow', true],
    ['public', 'allow', true],
  ]);
});

test('excluded interfaces of all sources count', () => {
  const local = allowListOf('local', { DisabledInterfaces: '{A}' });
  expect(effectiveProfile('domain', local, []).excludedInterfaces).toBe('{A}');
  const gpo = allowListOf('gpo', { DisabledInterfaces: '{B}' });
  expect(effectiveProfile('domain', local, [gpo]).excludedInterfaces).toMatch(/\{A\}|\{B\}/);
  expect(effectiveProfile('domain', allowListOf('local'), []).excludedInterfaces).toBe('');
});

describe('the rules in force in a profile', () => {
  const names = (name: 'domain' | 'private' | 'public', local: string[], gpo: string[], merge?: 0 | 1): string[] =>
    effectiveProfile(name, allowListOf('local', {}, local), [
      allowListOf('gpo', settings({ AllowLocalPolicyMerge: merge }), gpo),
    ]).rules.map(({ source, rule }) => `${source} ${rule.name}`);
  const rule = (name: string, more = ''): string => `Action=Allow|Active=TRUE|Dir=In|${more}Name=${name}`;

  test('are the active ones of all sources that are for this profile', () => {
    const local = [rule('all'), rule('domain', 'Profile=Domain|'), rule('two', 'Profile=Private|Profile=Public|')];
    const off = 'Action=Allow|Active=FALSE|Dir=In|Name=off';
    expect(names('domain', [...local, off], [rule('imposed')])).toEqual(['gpo imposed', 'local all', 'local domain']);
    expect(names('public', [...local, off], [])).toEqual(['local all', 'local two']);
  });

  test('are without the local ones where policy ignores them', () => {
    expect(names('domain', [rule('a')], [rule('b')], 0)).toEqual(['gpo b']);
    expect(names('domain', [rule('a')], [rule('b')], 1)).toEqual(['gpo b', 'local a']);
  });

  test('are with those that are not understood, in every profile', () => {
    expect(names('public', [rule('odd', 'Profile=Home|Profile=Domain|')], [])).toEqual(['local odd']);
  });
});
