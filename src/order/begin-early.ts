import { lstatSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { BegunCall, Host } from '../host';
import { tellBegun } from '../process/begun';
import type { Request } from '../request/request';
import { stateFolderOf } from '../state/folder';
import { begunPrefix, tidyUp } from '../windows/closed-folder';
import { adaptersKey, connectionsKey, firewallServices, policiesKey, serviceKey } from '../windows/keys';
import { closeCall, exportCall, queryCall, runClose, runExport, runQuery } from '../windows/tool-calls';

/**
 * Closes the state folder, and begins for the worker what no lock has to guard: readings of what no order changes. A
 * new process costs Windows most of what such a reading takes, and until the worker's Node has started this process has
 * nothing else to do. The worker uses what has ended when it needs it, and makes the rest itself; so whatever fails
 * here is no error. Returns what ends it.
 */
export function beginEarly(host: Host, request: Request, worker: Writable): () => void {
  worker.on('error', () => {});
  const over = new AbortController();
  const folders: string[] = [];
  const makeFolder = (): string => {
    over.signal.throwIfAborted();
    const folder = mkdtempSync(join(stateFolderOf(host), begunPrefix));
    folders.push(folder);
    return folder;
  };
  void begin(host, { request, worker, makeFolder, signal: over.signal });
  return () => {
    over.abort();
    for (const folder of folders) tidyUp(folder);
  };
}

interface Given {
  readonly request: Request;
  readonly worker: Writable;
  readonly makeFolder: () => string;
  readonly signal: AbortSignal;
}

/** Never rejects. */
async function begin(host: Host, { request, worker, makeFolder, signal }: Given): Promise<void> {
  const tell = (call: string, { exitCode, output }: Pick<BegunCall, 'exitCode' | 'output'>, file?: string): void => {
    const named = file === undefined ? {} : { file };
    if (worker.writable) worker.write(tellBegun(call, { exitCode, output, ...named, endedAt: Date.now() }));
  };
  const read = async (key: string): Promise<void> => {
    const file = join(makeFolder(), 'key.reg');
    const { exitCode } = await runExport(host, key, file, { signal, limitMs: host.timeouts.regAtFirst });
    tell(exportCall(key), { exitCode, output: '' }, file);
  };
  try {
    // Only a closed folder takes readings: nobody else may change them.
    if (!(await isClosed(host))) return;
    tell(closeCall, { exitCode: 0, output: '' });
    if (!(await isWorthReading(host, request))) return;
    await Promise.all([
      ...firewallServices.map((name) => read(serviceKey(name))),
      ...firewallServices.map(async (name) => tell(queryCall(name), await runQuery(host, name))),
      ...[policiesKey, adaptersKey, connectionsKey].map(read),
    ]);
  } catch {
    // The worker makes these readings itself.
  } finally {
    worker.end();
  }
}

async function isClosed(host: Host): Promise<boolean> {
  const folder = stateFolderOf(host);
  if (process.platform === 'win32') return (await runClose(host, folder)).exitCode === 0;
  return lstatSync(folder).uid === process.getuid?.();
}

/** False for what will be refused, as far as that is seen at once: nothing is read for it. Throws for some of that. */
async function isWorthReading(host: Host, { action, requestedBy, address }: Request): Promise<boolean> {
  if (action !== 'add') return false;
  const [{ parseHandler }, { findHome }, { glanceAtServers }] = await Promise.all([
    import('./handler'),
    import('../agent/home'),
    import('../agent/configuration/glance'),
  ]);
  if (requestedBy === 'operator') parseHandler(address);
  const { home } = await findHome(host, async () => []);
  return glanceAtServers(host.platform, home).namesServers;
}
