/** What one line of an agent's active-responses.log says. */
export interface Line {
  /** By the agent's clock, to the second. */
  readonly at: Date;
  /** As in outcome/output/audit.ts; a later version may know more. */
  readonly status: string;
  /** The address that was given, or `-`. */
  readonly address: string;
  /** Who asked: an alert's order has the number of its rule. */
  readonly requestedBy: 'operator' | 'alert';
  /** Exit code, failure and gap codes. */
  readonly words: readonly string[];
  readonly caseNumber?: string;
  readonly orderId?: string;
}

/** Words of ours are plain: a host that somebody else controls must not write to the terminal of whoever looks. */
const plain = /^[!-~]*$/;
/** The longest line that is looked at: OSSEC cuts a log line in an alert at 1,256 characters. */
const longest = 4096;
const stamp = String.raw`\w{3} (\w{3}) ([ \d]\d) (\d\d:\d\d:\d\d) UTC (\d{4})`;
const ossecForm = new RegExp(
  String.raw`^${stamp} /\S+/bin/contain-host(?:\.exe)? ([!-~]+) - ([!-~]+) \d+\.\d+ (\d+)((?: [!-~]+)*) ?$`,
);
const wazuhForm = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) active-response\/bin\/contain-host(?:\.exe)?: (\{.*\})$/;

/** Reads a line that this program wrote on an agent, in either form; undefined for every other line. */
export function parseLine(text: string): Line | undefined {
  if (text.length > longest) return undefined;
  return readOssecForm(text) ?? readWazuhForm(text);
}

function readOssecForm(text: string): Line | undefined {
  const [, month, day, time, year, status = '', address = '-', rule, rest = ''] = ossecForm.exec(text) ?? [];
  if (month === undefined) return undefined;
  return withWords(`${month} ${day} ${year} ${time} UTC`, { status, address, isAlert: rule !== '0' }, rest.split(' '));
}

function readWazuhForm(text: string): Line | undefined {
  const [, year, month, day, time, json = ''] = wazuhForm.exec(text) ?? [];
  if (year === undefined) return undefined;
  try {
    const { status, detail, parameters, ...rest } = JSON.parse(json) as Record<string, unknown>;
    if (typeof status !== 'string') return undefined;
    const words = ['case', 'order'].flatMap((key) => (typeof rest[key] === 'string' ? [`${key}=${rest[key]}`] : []));
    const address = /"srcip":"([^"]+)"/.exec(JSON.stringify(parameters) ?? '')?.[1] ?? '-';
    const said = { status, address, isAlert: rest.alert !== undefined };
    return withWords(`${year}-${month}-${day}T${time}Z`, said, [...String(detail ?? '').split(' '), ...words]);
  } catch {
    return undefined;
  }
}

interface Said {
  readonly status: string;
  readonly address: string;
  readonly isAlert: boolean;
}

function withWords(date: string, { status, address, isAlert }: Said, all: readonly string[]): Line | undefined {
  const at = new Date(date);
  if (Number.isNaN(at.getTime()) || ![status, address, ...all].every((word) => plain.test(word))) return undefined;
  const value = (key: string): string | undefined =>
    all.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  const [caseNumber, orderId] = [value('case'), value('order')];
  return {
    at,
    status,
    address,
    requestedBy: isAlert ? 'alert' : 'operator',
    words: all.filter((word) => word !== '' && !/^(case|order)=/.test(word)),
    ...(caseNumber === undefined ? {} : { caseNumber }),
    ...(orderId === undefined ? {} : { orderId }),
  };
}
