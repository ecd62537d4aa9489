import type { CaseReport, StageOfEvidence } from './case-report';

/**
 * A timeline as Timesketch reads it: microseconds, ISO 8601, one line a moment (timesketch docs, "Create timeline from
 * JSON/JSONL/CSV file").
 */
export function toCsv({ moments, evidence, caseNumber }: CaseReport): string {
  const header = 'message,timestamp,datetime,timestamp_desc,case_number,source\r\n';
  const all = [...moments, ...evidence.flatMap(collected)].sort((a, b) => a.at.getTime() - b.at.getTime());
  const lines = all.map(({ at, kind, text }) =>
    [text, String(at.getTime() * 1000), at.toISOString(), kind, caseNumber ?? '', 'contain-host'].map(quote).join(','),
  );
  return header + lines.map((line) => `${line}\r\n`).join('');
}

/** One line for each file, at the time at which it was collected. */
function collected({ sha256, manifest }: StageOfEvidence): { at: Date; kind: string; text: string }[] {
  const { snapshot, stage, endedAt, items } = manifest;
  const line = (at: string, text: string) => {
    const time = new Date(at);
    return Number.isNaN(time.getTime()) ? [] : [{ at: time, kind: 'evidence', text }];
  };
  return [
    ...items.flatMap(({ endedAt: at = endedAt, files }) =>
      files.flatMap((file) =>
        line(at, `${snapshot}/${stage}/${file.file}: ${file.bytes} bytes, SHA-256 ${file.sha256}`),
      ),
    ),
    ...line(endedAt, `${snapshot}/${stage}/manifest.json: SHA-256 ${sha256}`),
  ];
}

/** A spreadsheet takes a text that begins like a formula for one. */
function quote(text: string): string {
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
