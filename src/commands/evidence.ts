import { readdirSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { evidenceFolder, type Item, stages } from '../evidence/manifest';
import { readEvidence, type Snapshot } from '../evidence/read';
import { type Verified, verify } from '../evidence/verify';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { complain, say } from '../outcome/output/say';
import { errorCode, errorText } from '../process/error-code';
import { quote } from '../request/understood';
import { stateFolderOf } from '../state/folder';
import { refuseOptions, whatIsWrong } from './refuse';

/**
 * Lists what was collected beside a cut, compares it with its manifests, and packs it. Changes none of it. Returns 6
 * where something is missing, changed or not to be trusted.
 */
export async function evidence(host: Host, args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    return refuseOptions('evidence', whatIsWrong('evidence', args, error));
  }
  const folder = stateFolderOf(host);
  const refusal = whyUnreadable(host, folder);
  if (refusal !== undefined) return refuse(refusal);
  if (options.archive !== undefined && isWithinEvidence(folder, options.archive))
    return refuse(
      `${quote(options.archive)} is in the evidence itself, which nothing may change. Name another folder.`,
    );
  const { snapshots: all, problems } = readEvidence(folder);
  const snapshots = all.filter((snapshot) => options.case === undefined || snapshot.case === options.case);
  if (snapshots.length === 0 && problems.length === 0) return refuse(whyNone(all, options.case));
  const isToRead = options.verify === true || options.archive !== undefined;
  const verified = isToRead ? snapshots.map((snapshot) => verify(folder, snapshot)) : [];
  const findings = [...problems, ...verified.flatMap((one) => one.findings)];
  for (const [index, snapshot] of snapshots.entries()) say(describe(snapshot, verified[index]));
  for (const finding of findings) complain(`WRONG: ${plain(finding)}\n`);
  if (options.archive !== undefined) {
    const { archive } = await import('../evidence/archive');
    const files = verified.flatMap(({ present }) => present);
    try {
      await archive(folder, files, options.archive);
    } catch (error) {
      const why = errorCode(error) === 'EEXIST' ? 'it is there already' : errorText(error);
      return refuse(`${quote(options.archive)} cannot be written: ${why}.`);
    }
    say(`Packed: ${files.length} files in ${options.archive}\n`);
  }
  return findings.length === 0 ? exitCodes.done : exitCodes.degraded;
}

interface Options {
  readonly case?: string;
  readonly verify?: boolean | undefined;
  readonly archive?: string | undefined;
}

/** Throws what `parseArgs` throws. */
function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { verify: { type: 'boolean' }, archive: { type: 'string' } },
  });
  const [wanted, another] = positionals;
  if (another !== undefined) throw Object.assign(new Error(), { code: 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL' });
  return { ...values, ...(wanted === undefined ? {} : { case: wanted }) };
}

function refuse(why: string): number {
  complain(`${why}\n`);
  return exitCodes.refused;
}

function whyUnreadable({ platform }: Host, folder: string): string | undefined {
  try {
    readdirSync(folder);
    return undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    return `The evidence on this host cannot be read. Run this ${platform === 'windows' ? 'elevated' : 'as root'}.`;
  }
}

/** Also by a link. A folder that is missing or closed is refused where it is opened. */
function isWithinEvidence(stateFolder: string, target: string): boolean {
  try {
    const evidence = realpathSync.native(join(stateFolder, evidenceFolder));
    const way = relative(evidence, realpathSync.native(dirname(target)));
    return !isAbsolute(way) && way.split(sep)[0] !== '..';
  } catch {
    return false;
  }
}

function whyNone(all: readonly Snapshot[], wanted: string | undefined): string {
  if (wanted === undefined || all.length === 0) return 'No evidence is kept on this host.';
  const known = [...new Set(all.map((snapshot) => snapshot.case))];
  return `No evidence of a case ${quote(wanted)} is kept here. There is evidence of: ${known.join(', ')}.`;
}

function describe(snapshot: Snapshot, verified: Verified | undefined): string {
  const { case: number, name, first, second } = snapshot;
  const order = (first ?? second)?.manifest.order;
  const who = order === undefined ? '' : `, ordered ${order.at} by an ${order.requestedBy}`;
  const lines = stages.flatMap((stage) => {
    const found = snapshot[stage];
    if (found === undefined) return [`  ${stage} stage: not there`];
    const { startedAt, endedAt, items } = found.manifest;
    return [
      `  ${stage} stage, ${startedAt} to ${endedAt}`,
      `    manifest.json  SHA-256 ${found.sha256}`,
      ...items.flatMap(describeItem),
    ];
  });
  const end = verified?.findings.length === 0 ? ['  Verified: every file is as its manifest says.'] : [];
  return `${[`${join(evidenceFolder, number, name)}${who}`, ...lines, ...end].map(plain).join('\n')}\n`;
}

function describeItem({ name, end, exitCode, why, files }: Item): string[] {
  const code = typeof exitCode === 'number' && exitCode !== 0 ? `, exit code ${exitCode}` : '';
  return [
    `    ${name}: ${end}${code}${why === undefined ? '' : ` (${why})`}`,
    ...files.map(({ file, bytes, sha256 }) => `      ${file}  ${bytes} bytes  SHA-256 ${sha256}`),
  ];
}

/** Without anything that a terminal would act on: somebody may have changed a manifest. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
