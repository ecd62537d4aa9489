import type { CaseReport } from './case-report';

/**
 * A timeline as Timesketch reads it: microseconds, ISO 8601, one line a moment (timesketch docs, "Create timeline from
 * JSON/JSONL/CSV file").
 */
export function toCsv({ moments, caseNumber }: CaseReport): string {
  const header = 'message,timestamp,datetime,timestamp_desc,case_number,source\r\n';
  const lines = moments.map(({ at, kind, text }) =>
    [text, String(at.getTime() * 1000), at.toISOString(), kind, caseNumber ?? '', 'contain-host'].map(quote).join(','),
  );
  return header + lines.map((line) => `${line}\r\n`).join('');
}

/** A spreadsheet takes a text that begins like a formula for one. */
function quote(text: string): string {
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
