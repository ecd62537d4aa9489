import type { Host } from '../../host';
import { errorCode, errorText } from '../../process/error-code';
import type { NamedAddresses } from '../servers';
import { type HostsText, readHosts } from './hosts-file';
import { type Begun, meantText, missingPins, type Pin } from './hosts-text';
import { whyHostsIsNotRead } from './reads-hosts';

/** How the names of the servers can be kept in the hosts file, as far as reading shows. */
export interface PlannedPins {
  readonly file: string;
  readonly wanted: readonly Pin[];
  /** Those of them that the file does not have yet. */
  readonly missing: readonly Pin[];
  /** The file as it is. */
  readonly hosts: HostsText;
  /** Its text or, where an earlier order was cut off while it wrote, the text that this order meant to write. */
  readonly whole: string;
  /** Why the names cannot be kept in the hosts file, so that the agent needs DNS. */
  readonly whyNot?: string;
}

/** The names that are to be pinned, and where. */
interface Wish {
  /** The agent's folder; undefined where the agent is on another machine. */
  readonly home: string | undefined;
  /** The hosts file. */
  readonly file: string;
  readonly names: readonly NamedAddresses[];
  /** What an earlier order began to write. */
  readonly begun?: Begun;
}

/** Plans the pins. Changes nothing and never throws. */
export function planPins({ platform }: Host, { home, file, names, begun = {} }: Wish): PlannedPins {
  const wanted = names.flatMap(({ name, addresses }) => addresses.map((address) => ({ name, address })));
  const nothing = { file, wanted, missing: [], hosts: { text: '', isNew: false }, whole: '' };
  if (home === undefined || wanted.length === 0) return { ...nothing, missing: wanted };
  const unread = platform === 'linux' ? whyHostsIsNotRead(home) : undefined;
  if (unread !== undefined) return { ...nothing, whyNot: unread };
  try {
    const hosts = readHosts(file, false);
    const whole = meantText(hosts.text, begun);
    const missing = missingPins(whole, wanted);
    if (missing.length === 0 && whole === hosts.text) return { file, wanted, missing, hosts, whole };
    if (whole.includes('\0')) throw new Error('it is not a text');
    checkRights(file);
    return { file, wanted, missing, hosts, whole };
  } catch (error) {
    return { ...nothing, whyNot: `${file} cannot be used: ${errorText(error)}` };
  }
}

/** Missing rights are ignored: whoever only plans may have fewer than the order that writes, which finds out itself. */
function checkRights(file: string): void {
  try {
    readHosts(file, true);
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
  }
}
