import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { printed } from '../outcome/gaps';
import { complain, say } from '../outcome/output/say';
import { errorCode, errorText } from '../process/error-code';
import { type CaseReport, describeTimes, readCases, whoAsked } from '../report/case-report';
import { quote } from '../request/understood';
import { stateFolderOf } from '../state/folder';
import { refuseOptions, whatIsWrong } from './refuse';

/** Says what happened in a case: the one with that number, else the newest. Changes nothing. */
export async function report(host: Host, args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    return refuseOptions('report', whatIsWrong('report', args, error));
  }
  if (options.tooMany !== undefined)
    return refuseOptions('report', `report shows one case, and ${quote(options.tooMany)} is a second.`);
  const found = findCase(host, options.case);
  if (typeof found === 'string') {
    complain(`${found}\n`);
    return exitCodes.refused;
  }
  if (options.html !== undefined) {
    const { toPage } = await import('../report/page');
    return write(options.html, toPage(found, hostname(), new Date()));
  }
  if (options.csv) say((await import('../report/csv')).toCsv(found));
  else if (options.json) say(`${JSON.stringify(toJson(found), null, 2)}\n`);
  else say(describe(found));
  return exitCodes.done;
}

interface Options {
  readonly case?: string;
  /** A second case, which nobody can be shown. */
  readonly tooMany?: string;
  readonly html?: string | undefined;
  readonly json?: boolean | undefined;
  readonly csv?: boolean | undefined;
}

/** Throws what `parseArgs` throws. */
function readOptions(args: readonly string[]): Options {
  const flag = { type: 'boolean' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { html: { type: 'string' }, json: flag, csv: flag },
  });
  const [first, second] = positionals;
  return {
    ...values,
    ...(first === undefined ? {} : { case: first }),
    ...(second === undefined ? {} : { tooMany: second }),
  };
}

/** The case, or why there is none, in words. */
function findCase(host: Host, wanted: string | undefined): CaseReport | string {
  let cases: CaseReport[];
  try {
    cases = readCases(stateFolderOf(host));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'Nothing was ever contained here, so there is nothing to report.';
    const as = host.platform === 'windows' ? 'elevated' : 'as root';
    return `The journals of this host cannot be read. Run this ${as}.`;
  }
  const found = wanted === undefined ? cases[0] : cases.find(({ caseNumber }) => caseNumber === wanted);
  if (found !== undefined) return found;
  if (wanted === undefined) return 'Nothing was ever contained here, so there is nothing to report.';
  const known = [...new Set(cases.flatMap(({ caseNumber }) => caseNumber ?? []))];
  return `No case ${quote(wanted)} is on record here. There are: ${known.length === 0 ? 'none with a number' : known.join(', ')}.`;
}

function write(file: string, text: string): number {
  try {
    writeFileSync(file, text);
    return exitCodes.done;
  } catch (error) {
    complain(`${quote(file)} cannot be written: ${errorText(error)}.\n`);
    return exitCodes.refused;
  }
}

function describe({ asked, caseNumber, isOpen, moments, times }: CaseReport): string {
  return `${[
    `Case ${caseNumber ?? 'without a number'}, ${isOpen ? 'open' : 'closed'}: ${whoAsked(asked)}`,
    ...(times === undefined ? [] : [`  ${describeTimes(times)}`]),
    ...moments.map(
      ({ at, kind, text }) => `  ${at.toISOString()}  ${kind.padEnd(8)} ${text.replaceAll('\n', '\n    ')}`,
    ),
  ].join('\n')}\n`;
}

/** The form is documented in docs/status-json.md. */
function toJson({ judged, ...rest }: CaseReport): object {
  return {
    version: 1,
    ...rest,
    ...(judged === undefined ? {} : { judged: { ...judged, gaps: judged.gaps.map(printed) } }),
  };
}
