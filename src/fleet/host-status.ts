/** What `status --line` says of a host; src/commands/status-line.ts writes it. */
export interface HostStatus {
  /** `contained`, `degraded`, `ineffective`, `interrupted`, `opened` or `released`; a later version may know more. */
  readonly state: string;
  readonly caseNumber?: string;
  /** Since when the case is open, by the host's clock. */
  readonly since?: Date;
  readonly gaps: readonly string[];
}

const longest = 4096;
/** `<localfile>` puts the alias before the line, Wazuh's command wodle sends it as it is. */
const before = /^ossec: output: 'contain-host': /;
/** One word of ours: no text from outside that could play tricks on a terminal. */
const word = /^[!-~]{1,64}$/;

/** A host says the same for weeks: what was read before is kept, so many lines of it. */
const known = new Map<string, HostStatus | undefined>();
const mostKnown = 10_000;

/** Reads a line of `status --line` as the agents' command monitoring sends it; undefined for every other line. */
export function parseStatusLine(text: string): HostStatus | undefined {
  if (text.length > longest) return undefined;
  if (known.has(text)) return known.get(text);
  if (known.size >= mostKnown) known.clear();
  const status = readStatus(text);
  known.set(text, status);
  return status;
}

function readStatus(text: string): HostStatus | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(before, ''));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('contain_host' in value)) return undefined;
  const said = value.contain_host;
  if (typeof said !== 'object' || said === null) return undefined;
  const { state, case: caseNumber, since, gaps } = said as Record<string, unknown>;
  if (!isWord(state)) return undefined;
  const opened = new Date(typeof since === 'string' ? since : Number.NaN);
  return {
    state,
    gaps: typeof gaps === 'string' ? gaps.split(' ').filter(isWord) : [],
    ...(isWord(caseNumber) ? { caseNumber } : {}),
    ...(Number.isNaN(opened.getTime()) ? {} : { since: opened }),
  };
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && word.test(value);
}
