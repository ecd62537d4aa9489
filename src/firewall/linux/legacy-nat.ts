import { readFileSync } from 'node:fs';
import type { Address } from '../../policy/address';
import type { Server } from '../../policy/allow-list';
import { findLinuxTool } from '../../process/linux-tool';
import { runProcess } from '../../process/run';
import type { Rewritten } from './rewriting';
import { harmlessTargets } from './statements';

/**
 * For each family: where the kernel names the tables that the old iptables has made, and the program that lists them.
 * Its second name is from before nft came to the distributions. nft itself lists none of these.
 */
const places = {
  4: { names: '/proc/net/ip_tables_names', network: '/32', programs: ['iptables-legacy-save', 'iptables-save'] },
  6: { names: '/proc/net/ip6_tables_names', network: '/128', programs: ['ip6tables-legacy-save', 'ip6tables-save'] },
} as const;

/** Targets and a usual chain that send a packet nowhere else. */
const harmless = ['ACCEPT', 'RETURN', 'DROP', 'KUBE-MARK-MASQ', ...harmlessTargets];

/** Lists the old iptables' NAT of a family. Undefined: there is none. `null`: there is, and it cannot be listed. */
export async function readLegacyNat(family: Address['family'], limitMs: number): Promise<string | null | undefined> {
  const { names, programs } = places[family];
  if (!tablesIn(names).includes('nat')) return undefined;
  const program = findLinuxTool(programs[0]) ?? findLinuxTool(programs[1]);
  if (program === undefined) return null;
  const { exitCode, stdout } = await runProcess(program, ['-t', 'nat'], { limitMs, keepBytes: 16 * 1024 * 1024 });
  return exitCode === 0 ? stdout.toString('latin1') : null;
}

/**
 * What this NAT, as `iptables-save` lists it, does with packets for a server: `yes` where a rule names its address and
 * port and sends on, `perhaps` where any other rule may send them elsewhere.
 */
export function rewritesLegacy(listed: string | null, { address, port, protocols }: Server): Rewritten {
  if (listed === null) return 'perhaps';
  const rules = listed.split('\n').filter((line) => line.startsWith('-A '));
  const targetOf = (rule: string): string => / -[jg] (\S+)/.exec(rule)?.[1] ?? 'RETURN';
  const named = rules.some((rule) => {
    if (rule.includes(' ! ')) return false;
    const [, to] = / -d (\S+)/.exec(rule) ?? [];
    const [, protocol] = / -p (\S+)/.exec(rule) ?? [];
    const [, first, last = first] = / --dport (\d+)(?::(\d+))?/.exec(rule) ?? [];
    return (
      to === `${address.text}${places[address.family].network}` &&
      (protocol === undefined || protocols.some((one) => one === protocol)) &&
      (first === undefined || (port >= Number(first) && port <= Number(last))) &&
      !harmless.includes(targetOf(rule))
    );
  });
  if (named) return 'yes';
  const chains = [...listed.matchAll(/^:(\S+) /gm)].map(([, name = '']) => name);
  return rules.map(targetOf).some((target) => ![...harmless, ...chains].includes(target)) ? 'perhaps' : 'no';
}

function tablesIn(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n');
  } catch {
    return [];
  }
}
