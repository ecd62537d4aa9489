import type { Host } from '../../host';

/** The status word of a line in active-responses.log; the rules on the server act on it. */
export type Status =
  | 'add-started'
  | 'add'
  | 'add-degraded'
  | 'add-ineffective'
  | 'add-failed'
  | 'delete'
  | 'delete-failed';

export interface AuditEntry {
  readonly status: Status;
  readonly request: {
    readonly action: 'add' | 'delete';
    readonly dialect: 'ossec' | 'wazuh';
    readonly address: string;
    readonly alertId?: string;
    readonly ruleId?: string;
    readonly caseNumber?: string;
    readonly orderId?: string;
  };
  /** When the order was given, from which all its lines get the same id; absent: now. */
  readonly orderedAt?: Date;
  /** Exit code, failure code or gap codes: single words without blanks. */
  readonly words: readonly string[];
}

const program = { windows: 'contain-host.exe', linux: 'contain-host' } as const;

/**
 * The line that the stock decoders read: OSSEC's `ar_log` (etc/decoder.xml) and Wazuh's legacy and JSON ones
 * (ruleset/decoders/0010-active-response_decoders.xml). English names and UTC whatever the locale; no text from outside
 * that could forge a line.
 */
export function auditLine(platform: Host['platform'], entry: AuditEntry, now: Date): string {
  return entry.request.dialect === 'ossec' ? ossecLine(platform, entry, now) : wazuhLine(platform, entry, now);
}

function ossecLine(platform: Host['platform'], { status, request, words, orderedAt }: AuditEntry, now: Date): string {
  const [weekday, day, month, year, time] = now.toUTCString().replace(',', '').split(' ');
  const folder = platform === 'windows' ? '/ossec-agent' : '/var/ossec';
  const id = request.alertId ?? `${Math.floor((orderedAt ?? now).getTime() / 1000)}.0`;
  return [
    ...[weekday, month, day, time, 'UTC', year],
    `${folder}/active-response/bin/${program[platform]}`,
    ...[status, '-', safeAddress(request.address), id, request.ruleId ?? '0'],
    ...words,
    ...(request.caseNumber === undefined ? [] : [`case=${request.caseNumber}`]),
    ...(request.orderId === undefined ? [] : [`order=${request.orderId}`]),
  ].join(' ');
}

function wazuhLine(platform: Host['platform'], { status, request, words }: AuditEntry, now: Date): string {
  const time = now.toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  const name = `active-response/bin/${program[platform]}`;
  const message = {
    version: 1,
    origin: { name: program[platform], module: 'active-response' },
    command: request.action,
    // Wazuh's decoder finds the address only as the first key of data.
    parameters: { alert: { data: { srcip: safeAddress(request.address) } }, program: name },
    status,
    detail: words.join(' '),
    ...(request.alertId === undefined ? {} : { alert: request.alertId }),
    ...(request.caseNumber === undefined ? {} : { case: request.caseNumber }),
    ...(request.orderId === undefined ? {} : { order: request.orderId }),
  };
  return `${time} ${name}: ${JSON.stringify(message)}`;
}

/**
 * The address as it came where all its characters are those of an address, else `-`: a blank or line break would forge
 * a field or a line.
 */
function safeAddress(address: string): string {
  return /^[A-Za-z0-9.:_-]{1,64}$/.test(address) ? address : '-';
}
