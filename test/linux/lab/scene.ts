import { type HostName, hosts, type Lab } from './lab';
import type { Probe } from './protocol';

/** One question over the wire, from whom to whom. */
export interface Talk extends Probe {
  readonly from: HostName;
  readonly to: HostName;
}

/** Long enough for a busy machine where an answer is expected; it comes at once. */
const answerMs = 20_000;
/** How long silence is listened to. The captured leaks tell more. */
const silenceMs = 600;

/** Every kind of question between two hosts, one way, over one family. */
export function talks(from: HostName, to: HostName, family: 'ip4' | 'ip6'): Talk[] {
  const address = hosts[to][family];
  return [
    { from, to, protocol: 'tcp', address, port: 22 },
    { from, to, protocol: 'tcp', address, port: 1514 },
    { from, to, protocol: 'udp', address, port: 1514 },
    { from, to, protocol: 'udp', address, port: 5000 },
    { from, to, protocol: 'icmp', address, port: 0 },
    { from, to, protocol: 'dns', address, port: 53 },
  ];
}

/** Every kind of question between two hosts, both ways, over both families. */
export function allTalks(a: HostName, b: HostName): Talk[] {
  return (['ip4', 'ip6'] as const).flatMap((family) => [...talks(a, b, family), ...talks(b, a, family)]);
}

/** The questions that get no answer although they should. */
export async function unanswered(lab: Lab, asked: readonly Talk[]): Promise<string[]> {
  return probeAll(lab, asked, answerMs, false);
}

/** The questions that get an answer although they should not. */
export async function answered(lab: Lab, asked: readonly Talk[]): Promise<string[]> {
  return probeAll(lab, asked, silenceMs, true);
}

async function probeAll(lab: Lab, asked: readonly Talk[], waitMs: number, wrong: boolean): Promise<string[]> {
  const found = await Promise.all(
    asked.map(async ({ from, to, ...probe }) => {
      const reached = await lab.host(from).probe(probe, waitMs);
      return reached === wrong ? [`${from} -> ${to} ${probe.protocol} ${probe.address} ${probe.port}`] : [];
    }),
  );
  return found.flat();
}
