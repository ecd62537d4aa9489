import type { Machine } from '../../fixtures/standin/machine';
import type { Flow } from '../../fixtures/standin/traffic';

const network = { dnsServers: [], dhcpServers: [], localSubnet: [] };

/** The stand-in's machine, or whoever else can say what becomes of a flow. */
export type Judge = Pick<Machine, 'verdict'>;

/** By the stand-in's own eyes: what the next packet meets, in every profile. */
export function passes(machine: Judge, flow: Partial<Flow> & { remote: string }): boolean[] {
  const whole = { direction: 'out', protocol: 'tcp', localPort: 50_000, remotePort: 443, ...flow } as Flow;
  return (['domain', 'private', 'public'] as const).map(
    (profile) => machine.verdict(profile, whole, network).answer === 'allowed',
  );
}

/** What the host is, whatever anybody says. `partial`: cut off from its server, or open in some profile only. */
export function truthOf(machine: Judge): 'contained' | 'not-contained' | 'partial' {
  const attacker = [
    ...passes(machine, { remote: '203.0.113.66' }),
    ...passes(machine, { remote: '203.0.113.66', direction: 'in', localPort: 445, remotePort: 50_000 }),
  ];
  const server = passes(machine, { remote: '10.0.0.5', remotePort: 1514, protocol: 'udp' });
  if (attacker.every((open) => !open)) return server.every((open) => open) ? 'contained' : 'partial';
  return server.every((open) => open) ? 'not-contained' : 'partial';
}
