import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../host';
import { printed } from '../outcome/gaps';
import type { State } from '../outcome/states';
import { readStatus, type Status } from './status-report';

/** `opened`: a case is open and nothing is in force. `released`: no case is open and nothing is in force. */
type Word = 'contained' | 'degraded' | 'ineffective' | 'interrupted' | 'opened' | 'released' | 'unknown';

/**
 * One line for the agents' command monitoring, the same as long as nothing changes: the kits compare it with the one
 * before. `unknown` while an order is at work, or where there is no time to judge. Takes less than a second.
 */
export async function statusLine(host: Host): Promise<string> {
  const leftMs = Math.max(0, host.timeouts.line - process.uptime() * 1000);
  const found = await Promise.race([readStatus(host), wait(leftMs, undefined)]);
  const state = found === undefined ? 'unknown' : wordOf(found);
  return JSON.stringify({
    contain_host: { state, ...(found === undefined || state === 'unknown' ? {} : facts(found)) },
  });
}

function wordOf({ state, atWork, unreadable, since }: Status): Word {
  if (atWork) return 'unknown';
  // An unreadable journal may hide a case.
  if (state === 'not-contained') return since !== undefined ? 'opened' : unreadable.length > 0 ? 'unknown' : 'released';
  return words[state];
}

const words: Readonly<Record<Exclude<State, 'not-contained'>, Word>> = {
  contained: 'contained',
  degraded: 'degraded',
  ineffective: 'ineffective',
  interrupted: 'interrupted',
  uncertain: 'unknown',
};

function facts({ gaps, since, caseNumber }: Status): object {
  const codes = [...new Set(gaps.map((gap) => printed(gap).code))].sort();
  return {
    ...(since === undefined ? {} : { since }),
    ...(caseNumber === undefined ? {} : { case: caseNumber }),
    ...(codes.length === 0 ? {} : { gaps: codes.join(' ') }),
  };
}
