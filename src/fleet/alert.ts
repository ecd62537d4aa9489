import { type HostStatus, parseStatusLine } from './host-status';
import { type Line, parseLine } from './line';
import { printable } from './server';

/**
 * Whose active-responses.log, or whose command monitoring, a line came from. The address tells agents of one name
 * apart; `any` where the agent has no fixed one.
 */
export interface Origin {
  /** Wazuh's alerts have it; OSSEC's have only the name. */
  readonly id?: string;
  readonly name: string;
  readonly address?: string;
}

interface Heard {
  readonly origin: Origin;
  /** When the server heard it, by its clock; absent where the alert does not say. */
  readonly heardAt?: Date;
}

/** One alert for a line that an order wrote. */
export interface OrderReport extends Heard {
  readonly line: Line;
}

/** One alert for what `status --line` said. */
export interface StatusReport extends Heard {
  readonly status: HostStatus;
}

export type Report = OrderReport | StatusReport;

/** Words by which an alert about us is found before anything of it is read. */
export const mark = 'contain-host';

/** The agents' own log of active responses, on both systems. Anybody can write into another log what ours says. */
const ownLog = /(?:^|[\\/])active-responses\.log$/;
/**
 * The alias of our command in the kits, as `<localfile>` gives it (logcollector, read_command.c), and as Wazuh's
 * command wodle does (wm_command.c). Lines of a file have its whole path here.
 */
const ownCommand = /^(?:command_)?contain-host$/;
/** `(name) address->file`: how OSSEC writes where a line of an agent stood (remoted, secure.c). Names hold no blank. */
const location = /^\(([A-Za-z0-9._-]{1,128})\) (\S+)->(.+)$/;
const extraFields = /^(Src IP|Src Location|Src Port|Dst IP|Dst Location|Dst Port|User): /;

/** Reads one record of alerts.log, from its `** Alert` line on; undefined where it is not about a line of ours. */
export function parseRecord(record: string): Report | undefined {
  const lines = record.split('\n');
  const [, where = ''] = /^\d{4} \w{3} \d\d \d\d:\d\d:\d\d (.*)$/.exec(lines[1] ?? '') ?? [];
  const [, seconds] = /^\*\* Alert (\d{1,12})\.\d+:/.exec(lines[0] ?? '') ?? [];
  if (seconds === undefined || !/^Rule: \d+ /.test(lines[2] ?? '')) return undefined;
  // Behind the first line stand those of earlier events, of other agents perhaps.
  const text = lines.slice(3).find((one) => !extraFields.test(one)) ?? '';
  return reportOf(sourceOf(where), text, new Date(Number(seconds) * 1000));
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
  const { location: where, full_log: log, agent, timestamp, TimeStamp } = alert as Record<string, unknown>;
  if (typeof where !== 'string' || typeof log !== 'string') return undefined;
  const source = isAgent(agent) ? { ...originOf(agent), place: where } : sourceOf(where);
  return reportOf(source, log, dateOf(timestamp ?? TimeStamp));
}

interface Source extends Origin {
  /** A file, or the alias of a command. */
  readonly place: string;
}

function reportOf(source: Source | undefined, text: string, heardAt: Date | undefined): Report | undefined {
  if (source === undefined) return undefined;
  const { place, ...origin } = source;
  const heard = { origin, ...(heardAt === undefined ? {} : { heardAt }) };
  if (ownLog.test(place)) {
    const line = parseLine(text);
    return line === undefined ? undefined : { ...heard, line };
  }
  const status = ownCommand.test(place) ? parseStatusLine(text) : undefined;
  return status === undefined ? undefined : { ...heard, status };
}

interface WazuhAgent {
  readonly id: string;
  readonly name: string;
  readonly ip?: unknown;
}

function isAgent(value: unknown): value is WazuhAgent {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name } = value as Record<string, unknown>;
  return typeof id === 'string' && /^\d{3,10}$/.test(id) && typeof name === 'string';
}

function originOf({ id, name, ip }: WazuhAgent): Origin {
  return { id, name: printable(name), ...(typeof ip === 'string' ? { address: printable(ip) } : {}) };
}

function sourceOf(where: string): Source | undefined {
  const [, name, address, place] = location.exec(where) ?? [];
  return name === undefined || address === undefined || place === undefined
    ? undefined
    : { name, address: printable(address), place };
}

/** Wazuh has `2026-11-30T03:18:00.123+0000`, OSSEC milliseconds since 1970 (analysisd, to_json.c). */
function dateOf(value: unknown): Date | undefined {
  if (typeof value === 'number') return goodDate(value);
  if (typeof value !== 'string') return undefined;
  // Date reads offsets without a colon in another, slow way.
  return goodDate(Date.parse(/[+-]\d{4}$/.test(value) ? `${value.slice(0, -2)}:${value.slice(-2)}` : value));
}

function goodDate(ms: number): Date | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
