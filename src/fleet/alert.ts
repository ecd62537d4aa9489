import { type Line, parseLine } from './line';

/**
 * Whose active-responses.log a line stood in. The address tells agents of one name apart; `any` where the agent has no
 * fixed one.
 */
export interface Origin {
  /** Wazuh's alerts have it; OSSEC's have only the name. */
  readonly id?: string;
  readonly name: string;
  readonly address?: string;
}

/** One alert for a line of ours. */
export interface Report {
  readonly origin: Origin;
  readonly line: Line;
}

/** Words by which an alert about us is found before anything of it is read. */
export const mark = 'contain-host';

/** The agents' own log of active responses, on both systems. Anybody can write into another log what ours says. */
const ownLog = /(?:^|[\\/])active-responses\.log$/;
/** `(name) address->file`: how OSSEC writes where a line of an agent stood (remoted, secure.c). Names hold no blank. */
const location = /^\(([A-Za-z0-9._-]{1,128})\) (\S+)->(.+)$/;
const extraFields = /^(Src IP|Src Location|Src Port|Dst IP|Dst Location|Dst Port|User): /;

/** Reads one record of alerts.log, from its `** Alert` line on; undefined where it is not about a line of ours. */
export function parseRecord(record: string): Report | undefined {
  const lines = record.split('\n');
  const [, where = ''] = /^\d{4} \w{3} \d\d \d\d:\d\d:\d\d (.*)$/.exec(lines[1] ?? '') ?? [];
  if (!/^\*\* Alert \d+\.\d+:/.test(lines[0] ?? '') || !/^Rule: \d+ /.test(lines[2] ?? '')) return undefined;
  const origin = originOf(where);
  // Behind the first line stand those of earlier events, of other agents perhaps.
  const line = parseLine(lines.slice(3).find((text) => !extraFields.test(text)) ?? '');
  return origin === undefined || line === undefined ? undefined : { origin, line };
}

/** Reads one line of alerts.json; undefined where it is not about a line of ours. */
export function parseJsonAlert(text: string): Report | undefined {
  let alert: unknown;
  try {
    alert = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof alert !== 'object' || alert === null) return undefined;
  const { location: where, full_log: log, agent } = alert as Record<string, unknown>;
  if (typeof where !== 'string' || typeof log !== 'string') return undefined;
  const line = parseLine(log);
  const origin = isAgent(agent) ? ownLogOf(agent, where) : originOf(where);
  return origin === undefined || line === undefined ? undefined : { origin, line };
}

interface WazuhAgent {
  readonly id: string;
  readonly name: string;
  readonly ip?: string;
}

function isAgent(value: unknown): value is WazuhAgent {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name } = value as Record<string, unknown>;
  return typeof id === 'string' && typeof name === 'string';
}

function ownLogOf({ id, name, ip }: WazuhAgent, where: string): Origin | undefined {
  return ownLog.test(where) ? { id, name, ...(ip === undefined ? {} : { address: ip }) } : undefined;
}

function originOf(where: string): Origin | undefined {
  const [, name, address, file = ''] = location.exec(where) ?? [];
  return name === undefined || address === undefined || !ownLog.test(file) ? undefined : { name, address };
}
