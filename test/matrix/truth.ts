import type { Machine } from '../../fixtures/standin/machine';
import type { RegistryTree } from '../../fixtures/standin/registry';
import { type Flow, verdictOn } from '../../fixtures/standin/traffic';

const network = { dnsServers: [], dhcpServers: [], localSubnet: [] };

/** The stand-in's machine, or whoever else can say what its registry holds. */
export type Judged = Pick<Machine, 'registry'>;

type Tried = Partial<Flow> & { remote: string };

/** By the stand-in's own eyes: what the next packet meets, in every profile. */
export function passes(machine: Judged, flow: Tried): boolean[] {
  return passesBy(machine.registry(), flow);
}

function passesBy(registry: RegistryTree, flow: Tried): boolean[] {
  const whole = { direction: 'out', protocol: 'tcp', localPort: 50_000, remotePort: 443, ...flow } as Flow;
  return (['domain', 'private', 'public'] as const).map(
    (profile) => verdictOn(registry, profile, whole, network).answer === 'allowed',
  );
}

/** What the host is, whatever anybody says. `partial`: cut off from its server, or open in some profile only. */
export function truthOf(machine: Judged): 'contained' | 'not-contained' | 'partial' {
  const registry = machine.registry();
  const attacker = [
    ...passesBy(registry, { remote: '203.0.113.66' }),
    ...passesBy(registry, { remote: '203.0.113.66', direction: 'in', localPort: 445, remotePort: 50_000 }),
  ];
  const server = passesBy(registry, { remote: '10.0.0.5', remotePort: 1514, protocol: 'udp' });
  if (attacker.every((open) => !open)) return server.every((open) => open) ? 'contained' : 'partial';
  return server.every((open) => open) ? 'not-contained' : 'partial';
}
