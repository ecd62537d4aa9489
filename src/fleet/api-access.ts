import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { complain } from '../outcome/output/say';
import { errorText } from '../process/error-code';
import { quote } from '../request/understood';
import { FleetFailure } from './server';
import type { ApiAccess } from './wazuh-api';

/** What was typed of the way to Wazuh's API. */
export interface ApiWords {
  readonly api?: string | undefined;
  readonly ca?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/** Tokens of the API have some hundred characters. */
const longestToken = 16 * 1024;

/** The address of Wazuh's API and what it wants to see; undefined where the server's own tool is used. */
export function readApiAccess(env: NodeJS.ProcessEnv, words: ApiWords): ApiAccess | undefined {
  const { api, ca, 'token-file': tokenFile } = words;
  if (api === undefined) {
    if (ca === undefined && tokenFile === undefined) return undefined;
    throw new FleetFailure('--ca and --token-file are for the Wazuh API: give its address too, with --api.');
  }
  // A name and password in the address would stand in the list of processes.
  if (!/^https:\/\/[^/\s@?#]+\/?$/.test(api) || !URL.canParse(api))
    throw new FleetFailure('--api takes an address such as https://manager:55000.');
  const token = (tokenFile === undefined ? env.WAZUH_API_TOKEN : readToken(tokenFile))?.trim();
  if (!token)
    throw new FleetFailure(
      'The Wazuh API wants a token: put it into WAZUH_API_TOKEN, or name a file with --token-file.',
    );
  if (!/^[!-~]+$/.test(token)) throw new FleetFailure('That is no token of the Wazuh API: it holds other characters.');
  return { url: api, token, ...(ca === undefined ? {} : { ca: readText(ca) }) };
}

/** A file, or a pipe: `--token-file <(pass show wazuh)` leaves none on the disk. */
function readToken(file: string): string {
  const fd = open(file);
  try {
    const stats = fstatSync(fd);
    // Too late to refuse: whoever could read it may have done so.
    if (stats.isFile() && (stats.mode & constants.S_IROTH) !== 0)
      complain(`Every user of this host can read ${quote(file)}: run "chmod 600" on it, and get a new token.\n`);
    const bytes = Buffer.alloc(longestToken);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count)
      count = readSync(fd, bytes, length, bytes.length - length, null);
    return bytes.toString('utf8', 0, length);
  } catch (error) {
    throw new FleetFailure(`${quote(file)} cannot be read: ${errorText(error)}.`);
  } finally {
    closeSync(fd);
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw new FleetFailure(`${quote(file)} cannot be read: ${errorText(error)}.`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new FleetFailure(`${quote(file)} cannot be read: ${errorText(error)}.`);
  }
}
