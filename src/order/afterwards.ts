import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findHome } from '../agent/home';
import { readSettings } from '../agent/settings';
import type { Host } from '../host';
import type { Outcome } from '../outcome/outcome';
import { Log } from '../outcome/output/log';
import type { Started } from '../process/started';
import { removeIfPossible } from '../state/files';
import { stateFolderOf } from '../state/folder';
import { Journal } from '../state/journal';

/** What is done once an order's outcome was told: nobody waits for it, and it cannot make an order fail. */
export async function afterwards(host: Host, outcome: Outcome, started: Started): Promise<void> {
  await tell(host, outcome);
  if (host.platform === 'windows') await (await import('./refill-reserve')).refillReserve(host, started);
}

/** Tells whoever is logged on, where the settings have words for it: once for each case, and once at its end. */
async function tell(host: Host, outcome: Outcome): Promise<void> {
  const folder = stateFolderOf(host);
  try {
    const what = whatHappened(folder, outcome);
    if (what === undefined) return;
    const { home } = await findHome(host);
    const text = readSettings(host.platform, home).message[what];
    if (text === undefined) return;
    const results = await (await import('./tell-users')).tellUsers(host, text);
    const ended = results.map(({ exitCode, timedOut, startError }) => ({ exitCode, timedOut, startError }));
    new Log(folder).info('message', { what, shownBy: ended });
  } catch (error) {
    new Log(folder).warn('Whoever is logged on could not be told', { error: String(error) });
  }
}

const containments: readonly Outcome['status'][] = ['add', 'add-degraded'];

function whatHappened(folder: string, { status, exitCode, words }: Outcome): 'contained' | 'released' | undefined {
  if (status === 'delete' && exitCode === 0 && !words.includes('not-contained')) {
    removeIfPossible(toldFile(folder));
    return 'released';
  }
  return containments.includes(status) && isNewCase(folder) ? 'contained' : undefined;
}

/** Names the case that people were told of last: a second order of it tells them nothing new. */
const toldFile = (folder: string): string => join(folder, 'told');

function isNewCase(folder: string): boolean {
  const since = new Journal(folder).read()?.since.toISOString();
  if (since === undefined || since === lastTold(folder)) return false;
  try {
    writeFileSync(toldFile(folder), since, { mode: 0o600 });
  } catch {
    // They may be told twice.
  }
  return true;
}

function lastTold(folder: string): string | undefined {
  try {
    return readFileSync(toldFile(folder), 'utf8');
  } catch {
    return undefined;
  }
}
