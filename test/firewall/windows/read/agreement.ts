import { randomFrom } from '../../../../fixtures/standin/random';
import type { RegistryTree } from '../../../../fixtures/standin/registry';
import { type Flow as StandinFlow, verdictOn } from '../../../../fixtures/standin/traffic';
import { effectiveProfiles } from '../../../../src/firewall/windows/read/effective';
import { decide } from '../../../../src/firewall/windows/read/evaluate';
import type { Flow } from '../../../../src/firewall/windows/read/flow';
import {
  profileNames,
  readLocalPolicy,
  readManagedPolicies,
} from '../../../../src/firewall/windows/read/stored-policy';
import type { RegistryKeys } from '../../../../src/windows/registry-file';

const network = {
  dnsServers: ['10.0.0.2'],
  dhcpServers: ['10.0.0.3'],
  localSubnet: ['10.0.0.0/24', 'fe80::/64'],
};

const protocols = { tcp: 6, udp: 17, icmpv4: 1, icmpv6: 58 } as const;

function randomFlow(random: ReturnType<typeof randomFrom>): StandinFlow {
  const pick = <T>(...items: T[]): T => items[random.below(items.length)] as T;
  const protocol = pick('tcp', 'tcp', 'udp', 'udp', 'icmpv4', 'icmpv6');
  const remotes4 = [
    '192.0.2.1',
    '192.0.2.50',
    '10.0.0.2',
    '10.0.0.3',
    '10.0.0.77',
    '10.20.0.5',
    '203.0.113.44',
    '8.8.8.8',
    '127.0.0.1',
  ];
  const remotes6 = ['fe80::1', '2001:db8::1'];
  const hasPorts = protocol === 'tcp' || protocol === 'udp';
  const port = (): number =>
    pick(22, 25, 53, 67, 68, 80, 135, 445, 443, 1514, 3389, 5985, 7680, 8081, 8443, 28_099, 50_000, 61_234);
  const service = pick(undefined, 'dhcp', 'dnscache', 'termservice', 'OssecSvc');
  const program = pick(undefined, 'System', 'C:\\Windows\\system32\\svchost.exe', 'D:\\工具\\server.exe');
  return {
    direction: pick('in', 'out'),
    protocol,
    remote:
      protocol === 'icmpv6'
        ? pick(...remotes6)
        : protocol === 'icmpv4'
          ? pick(...remotes4)
          : pick(...remotes4, ...remotes6),
    ...(hasPorts ? { localPort: port(), remotePort: port() } : { icmpType: pick(0, 3, 8, 133, 135, 128) }),
    ...(service === undefined ? {} : { service }),
    ...(program === undefined ? {} : { program }),
  };
}

function translate({ protocol, service, program, ...rest }: StandinFlow): Flow {
  return {
    ...rest,
    protocol: typeof protocol === 'number' ? protocol : protocols[protocol],
    services: service === undefined ? [] : [service],
    programs: program === undefined ? [] : [program],
  };
}

/** The two registry keys that the firewall's policy is read from. */
export interface PolicyKeys {
  readonly local: RegistryKeys;
  readonly policies: RegistryKeys;
}

/**
 * Asks our evaluator and the stand-in about so many random flows. The stand-in works it out from the same registry by
 * code that shares nothing with ours. Throws where they say the opposite; returns how many ours left open.
 */
export function compareVerdicts(
  { local, policies }: PolicyKeys,
  tree: RegistryTree,
  seed: string,
  total: number,
): number {
  const [profiles = []] = effectiveProfiles(readLocalPolicy(local), readManagedPolicies(local, policies));
  const random = randomFrom(`flows ${seed}`);
  let unknown = 0;
  for (let index = 0; index < total; index++) {
    const flow = randomFlow(random);
    const profile = random.below(3);
    const { answer, because } = verdictOn(tree, profileNames[profile] ?? 'public', flow, network);
    const { verdict } = decide(profiles[profile] as (typeof profiles)[number], translate(flow));
    if (verdict === 'unknown') unknown++;
    else if (verdict !== answer) throw new Error(`${JSON.stringify(flow)}: ${verdict}, but ${answer} by ${because}`);
  }
  return unknown;
}
