import type { Host } from '../../host';
import { type Check, type Verdict, worst } from '../check';
import { painter } from './colour';

const labels: Readonly<Record<Verdict, string>> = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' };
const colours = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

/** What a doctor found, a line each with what to do below it, and what it comes to in one sentence. */
export function describeChecks(host: Host, checks: readonly Check[], sentence: string): string {
  const paint = painter(host);
  const lines = checks.flatMap(({ check, verdict: found, found: text, advice }) => [
    `${paint(colours[found], labels[found].padEnd(8))} ${check.padEnd(18)} ${text.replaceAll('\n', `\n${' '.repeat(30)}`)}`,
    ...(advice === undefined ? [] : [`${' '.repeat(27)} -> ${advice}`]),
  ]);
  return `${[...lines, '', paint(colours[worst(checks)], sentence)].join('\n')}\n`;
}
