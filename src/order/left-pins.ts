import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHosts } from '../agent/names/hosts-file';
import { usualHostsFile } from '../agent/names/hosts-place';
import { ourPins } from '../agent/names/hosts-text';
import type { Host } from '../host';
import { isFields } from '../json';
import { type Gap, gapOf } from '../outcome/gaps';
import { errorText } from '../process/error-code';
import { removeIfPossible } from '../state/files';
import { stateFolderOf } from '../state/folder';
import type { Facts } from '../state/journal';

/** What a closed case knew of the hosts file from which its release could not take our lines. */
function leftFile(host: Host): string {
  return join(stateFolderOf(host), 'pins-left.json');
}

/** Keeps what is known of the hosts file until a later release takes our lines out. Never throws. */
export function noteLeft(host: Host, { hostsFile = usualHostsFile(host), pinAt, pinText }: Facts): void {
  try {
    writeFileSync(leftFile(host), JSON.stringify({ hostsFile, pinAt, pinText }), { mode: 0o600 });
  } catch {
    // Our lines still show where the hosts file is the usual one and can be read.
  }
}

/** Nothing is left any more. */
export function forgetLeft(host: Host): void {
  removeIfPossible(leftFile(host));
}

/** What is known of the hosts file: by the open case or, without one, by the last one that left our lines there. */
export function factsOfPins(host: Host, facts: Facts): Facts {
  return facts.hostsFile === undefined ? (readLeft(host) ?? facts) : facts;
}

/** The hosts file that our lines are in, if they are anywhere. */
export function hostsFileOf(host: Host, { hostsFile }: Facts): string {
  return typeof hostsFile === 'string' ? hostsFile : usualHostsFile(host);
}

/**
 * Our lines in the hosts file of a host without a case. Where it cannot be read, they count if they were left there.
 */
export function leftPins(host: Host): Gap[] {
  const left = readLeft(host);
  const file = hostsFileOf(host, left ?? {});
  try {
    return ourPins(readHosts(file, false).text).length === 0 ? [] : [gapOf({ code: 'names-left' }, file)];
  } catch (error) {
    return left === undefined ? [] : [gapOf({ code: 'names-left' }, `${file} (perhaps: ${errorText(error)})`)];
  }
}

function readLeft(host: Host): Facts | undefined {
  try {
    const left: unknown = JSON.parse(readFileSync(leftFile(host), 'utf8'));
    if (!isFields(left)) return undefined;
    const { hostsFile, pinAt, pinText } = left;
    return {
      ...(typeof hostsFile === 'string' ? { hostsFile } : {}),
      ...(typeof pinAt === 'number' && typeof pinText === 'string' ? { pinAt, pinText } : {}),
    };
  } catch {
    return undefined;
  }
}
