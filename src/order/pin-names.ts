import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { appendToHosts, readHosts, removeHosts, rewriteHosts } from '../agent/names/hosts-file';
import { appendix, type Begun, meantText, missingPins, ourPins, withoutPins } from '../agent/names/hosts-text';
import type { PlannedPins } from '../agent/names/planned-pins';
import type { NamedAddresses } from '../agent/servers';
import type { Recorder } from '../firewall/firewall';
import { knowsNameServers } from '../firewall/name-servers';
import type { Host } from '../host';
import { Failure } from '../outcome/failure';
import { type Gap, gapOf } from '../outcome/gaps';
import { errorText } from '../process/error-code';
import { removeIfPossible } from '../state/files';
import { stateFolderOf } from '../state/folder';
import type { Facts } from '../state/journal';
import { factsOfPins, forgetLeft, hostsFileOf, noteLeft } from './left-pins';

/** What was let in for the names of the servers in this case. */
export function namesInCase({ names }: Facts): NamedAddresses[] {
  if (typeof names !== 'string') return [];
  return names.split('\n').flatMap((line) => {
    const [name = '', ...addresses] = line.split(' ');
    return name === '' ? [] : [{ name, addresses }];
  });
}

/** Keeps them for later orders and for `status`. */
export function noteNames(recorder: Recorder, names: readonly NamedAddresses[]): void {
  const text = names.map(({ name, addresses }) => [name, ...addresses].join(' ')).join('\n');
  if (text !== (recorder.facts.names ?? '')) recorder.note({ names: text });
}

/** What earlier orders of this case began to do to the hosts file. */
export function begunIn(host: Host, { pinAt, pinText }: Facts): Begun {
  const before = readCopy(host);
  const isAppended = typeof pinAt === 'number' && typeof pinText === 'string';
  return { before, ...(isAppended ? { appended: { at: pinAt, text: pinText } } : {}) };
}

/** The file with our lines of the hosts file, for the unit that writes them again where a restart takes them away. */
function savedLines(host: Host): string {
  return join(stateFolderOf(host), 'pinned-names');
}

/** The hosts file as it was before our lines were taken out of its middle. */
function copyBefore(host: Host): string {
  return join(stateFolderOf(host), 'hosts-before');
}

/**
 * Puts the names into the hosts file, and says so only after it was read back. Returns why they are not there; then the
 * agent needs DNS. Throws `Failure` where the journal cannot be written.
 */
export async function pinNames(
  host: Host,
  recorder: Recorder,
  { file, wanted, missing, hosts, whole, whyNot }: PlannedPins,
): Promise<string | undefined> {
  if (whyNot !== undefined || (missing.length === 0 && whole === hosts.text)) return whyNot;
  const appended = appendix(whole, missing, hosts.isNew, host.platform);
  recorder.note({ hostsFile: file, pinAt: whole.length, pinText: appended });
  try {
    await recorder.act({ step: 'pin-names', command: null }, async () => {
      if (hosts.text !== whole) rewriteHosts(file, hosts.text, whole);
      removeIfPossible(copyBefore(host));
      if (host.platform === 'linux') saveWhole(savedLines(host), linesOf(ourPins(whole + appended)));
      if (missing.length > 0) appendToHosts(file, appended);
    });
    const left = missingPins(readHosts(file, false).text, wanted);
    return left.length === 0 ? undefined : `${file} was changed by somebody else meanwhile`;
  } catch (error) {
    if (error instanceof Failure) throw error;
    return `${file} cannot be written: ${errorText(error)}`;
  }
}

/** The gap of a host whose names are not in the hosts file: it asks name servers, if it knows any. */
export function notPinned(host: Host, why: string): Gap {
  return gapOf({ code: knowsNameServers(host) ? 'dns-open' : 'no-name-server' }, why);
}

/** How it went to take our lines out of the hosts file: there were none, they are out, or what is left to be done. */
export type Unpinned = 'none' | 'taken-out' | { readonly left: string };

/**
 * Takes our lines out of the hosts file, and nothing else. What fails is left for the next release, and for `status` to
 * tell. Never throws.
 */
export async function unpinNames(host: Host, recorder: Recorder): Promise<Unpinned> {
  const facts = factsOfPins(host, recorder.facts);
  const file = hostsFileOf(host, facts);
  // A restart in between must not make them again.
  removeIfPossible(savedLines(host));
  try {
    const change = findLines(file, begunIn(host, facts));
    if (change === undefined) {
      removeIfPossible(copyBefore(host));
      forgetLeft(host);
      return 'none';
    }
    let isDone = false;
    const work = async (): Promise<void> => {
      if (!isDone) takeOut(host, file, change);
      isDone = true;
    };
    // Our lines are taken out even where the journal cannot be written.
    await recorder.act({ step: 'unpin-names', command: null }, work).catch(work);
    forgetLeft(host);
    return 'taken-out';
  } catch (error) {
    noteLeft(host, facts);
    const left = `the names of the servers are still pinned in ${file}: repeat DELETE when the file can be changed, or take out the lines that end in "# contain-host" (${errorText(error)})`;
    return { left };
  }
}

interface Change {
  readonly before: string;
  /** Undefined: the file was made by us. */
  readonly after: string | undefined;
}

function findLines(file: string, begun: Begun): Change | undefined {
  const { text, isNew } = readHosts(file, false);
  const after = withoutPins(meantText(text, begun));
  return isNew || after === text ? undefined : { before: text, after };
}

/**
 * Others may have written lines after ours, and those move up. So a copy keeps the file as it was, in case we are
 * interrupted.
 */
function takeOut(host: Host, file: string, { before, after }: Change): void {
  if (after === undefined) removeHosts(file);
  else {
    if (!before.startsWith(after)) saveWhole(copyBefore(host), before);
    rewriteHosts(file, before, after);
  }
  removeIfPossible(copyBefore(host));
}

function readCopy(host: Host): string | undefined {
  try {
    return readFileSync(copyBefore(host), 'latin1');
  } catch {
    return undefined;
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function saveWhole(file: string, text: string): void {
  const fd = openSync(file, 'w', 0o600);
  try {
    const bytes = Buffer.from(text, 'latin1');
    if (writeSync(fd, bytes) !== bytes.length) throw new Error(`only a part of ${file} was written`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
