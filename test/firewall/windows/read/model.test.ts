import { effectiveProfile } from '../../../../src/firewall/windows/read/effective';
import { decide } from '../../../../src/firewall/windows/read/evaluate';
import { allowListOf } from './policies';

type Setting = undefined | 0 | 1;
const settings: readonly Setting[] = [undefined, 0, 1];
const flags = [false, true];

/**
 * A local store and a group policy, as small as they can be: four settings, and a rule of each kind that is there or
 * not.
 */
interface World {
  readonly state: readonly [local: Setting, gpo: Setting];
  readonly inbound: readonly [local: Setting, gpo: Setting];
  readonly shields: readonly [local: Setting, gpo: Setting];
  readonly merge: Setting;
  readonly allow: readonly [local: boolean, gpo: boolean];
  readonly block: readonly [local: boolean, gpo: boolean];
}

function pairs<T>(values: readonly T[]): (readonly [T, T])[] {
  return values.flatMap((first) => values.map((second) => [first, second] as const));
}

function* worlds(): Generator<World> {
  for (const state of pairs(settings))
    for (const inbound of pairs(settings))
      for (const shields of pairs(settings))
        for (const merge of settings)
          for (const allow of pairs(flags))
            for (const block of pairs(flags)) yield { state, inbound, shields, merge, allow, block };
}

/** What Windows does with a connection from outside, in its documented order and nothing else. */
function expected({ state, inbound, shields, merge, allow, block }: World): string {
  const configured = ([local, gpo]: readonly [Setting, Setting]): Setting => gpo ?? local ?? 1;
  const counts = ([local, gpo]: readonly [boolean, boolean]): boolean => gpo || (local && merge !== 0);
  if (configured(state) === 0) return 'allowed';
  if (shields.includes(1)) return 'blocked';
  if (counts(block)) return 'blocked';
  if (counts(allow)) return 'allowed';
  return configured(inbound) === 0 ? 'allowed' : 'blocked';
}

const both = 'Active=TRUE|Dir=In|Protocol=6|LPort=445|RA4=192.0.2.0/24';

function policies({ state, inbound, shields, merge, allow, block }: World) {
  const of = (side: 0 | 1) => {
    const values = {
      EnableFirewall: state[side],
      DefaultInboundAction: inbound[side],
      DoNotAllowExceptions: shields[side],
      AllowLocalPolicyMerge: side === 1 ? merge : undefined,
    };
    const set = Object.entries(values).filter((entry): entry is [string, 0 | 1] => entry[1] !== undefined);
    return allowListOf(side === 0 ? 'local' : 'gpo', Object.fromEntries(set), [
      ...(allow[side] ? [`Action=Allow|${both}|Name=A`] : []),
      ...(block[side] ? [`Action=Block|${both}|Name=B`] : []),
    ]);
  };
  return [of(0), of(1)] as const;
}

test('a connection from outside meets what the model says, in every small world', () => {
  const flow = { direction: 'in', protocol: 6, localPort: 445, remotePort: 50_000, remote: '192.0.2.9' } as const;
  const wrong: World[] = [];
  let count = 0;
  for (const world of worlds()) {
    const [local, gpo] = policies(world);
    count++;
    if (decide(effectiveProfile('public', local, [gpo]), flow).verdict !== expected(world)) wrong.push(world);
  }
  expect(wrong).toEqual([]);
  expect(count).toBe(3 ** 7 * 2 ** 4);
});
