import { localKey, policiesKey } from '../../windows/keys';
import { type ReadOptions, readKey, readKeyFile, type Unreadable } from '../../windows/registry';
import type { Context } from '../firewall';
import { readLocalPolicy, readManagedPolicies, type StoredPolicy } from './read/stored-policy';

/** The policy as the registry has it now. */
export interface Reading {
  readonly local: StoredPolicy;
  /** What the domain and the device management impose, or why that could not be read. */
  readonly managed: readonly StoredPolicy[] | Unreadable;
  /** The registry file that `local` was read from. It is kept only where this order may have to make a backup. */
  readonly localFile?: string;
}

/**
 * Reads what is in force. What netsh prints is not used here: it is translated, and it shows the local store only.
 * `begun`: a registry file of the local store that was made for this; where it cannot be read, that is read anew.
 */
export async function takeReading(context: Context, begun?: string): Promise<Reading | Unreadable> {
  const keepFile = context.lockFd !== undefined;
  const [local, policies] = await Promise.all([
    (begun === undefined ? undefined : readKeyFile(begun)) ?? read(context, localKey, { keepFile }),
    read(context, policiesKey, { isAside: true }),
  ]);
  if ('unreadable' in local) return local;
  return {
    local: readLocalPolicy(local.keys),
    ...(local.file === undefined ? {} : { localFile: local.file }),
    managed: 'unreadable' in policies ? policies : readManagedPolicies(local.keys, policies.keys),
  };
}

/** Reads the local store alone, which is all that a read-back looks at. */
export async function readLocal(context: Context): Promise<StoredPolicy | Unreadable> {
  const local = await read(context, localKey);
  return 'unreadable' in local ? local : readLocalPolicy(local.keys);
}

function read(context: Context, key: string, options: ReadOptions = {}): ReturnType<typeof readKey> {
  return readKey(context.host, context.stateFolder, key, { ...options, signal: context.over });
}
