import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Element } from '../../agent/configuration/sections';
import type { Agent } from '../agent';
import type { Product } from '../kit/product';

/** What the examinations look at. */
export interface ExaminedServer {
  readonly home: string;
  readonly product: Product;
  readonly configuration: { readonly path: string; readonly sections: readonly Element[]; readonly changedAt: Date };
  /** Every agent; undefined where they cannot be listed. */
  readonly agents: readonly Agent[] | undefined;
}

/**
 * When one of the server's programs was started, by the file in which it keeps its process number
 * (`var/run/ossec-remoted-123.pid`); undefined where it does not run.
 */
export function startOf(home: string, program: string): Date | undefined {
  const folder = join(home, 'var', 'run');
  const name = new RegExp(`^(?:ossec|wazuh)-${program}-(\\d+)\\.pid$`);
  for (const file of readdirSync(folder)) {
    const [, pid] = name.exec(file) ?? [];
    if (pid !== undefined && statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined)
      return statSync(join(folder, file)).mtime;
  }
  return undefined;
}

/** To the second, in UTC. */
export function moment(date: Date): string {
  return date.toISOString().replace(/\.\d+/, '');
}

/** Names for a message that stays short. */
export function some(names: readonly string[]): string {
  const most = 5;
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
