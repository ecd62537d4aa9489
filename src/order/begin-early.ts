import { mkdtempSync } from 'node:fs';
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
 * nothing else to do. The worker uses what has ended when it needs it, and makes the rest itself; so whatever fails here
 * is no error. Returns what ends it.
 */
export function beginEarly(host: Host, { action }: Request, worker: Writable): () => void {
  worker.on('error', () => {});
  const over = new AbortController();
  const folders: string[] = [];
  const makeFolder = (): string => {
    const folder = mkdtempSync(join(stateFolderOf(host), begunPrefix));
    folders.push(folder);
    return folder;
  };
  void begin(host, { action, worker, makeFolder, signal: over.signal });
  return () => {
    over.abort();
    for (const folder of folders) tidyUp(folder);
  };
}

interface Given {
  readonly action: Request['action'];
  readonly worker: Writable;
  readonly makeFolder: () => string;
  readonly signal: AbortSignal;
}

/** Never rejects. */
async function begin(host: Host, { action, worker, makeFolder, signal }: Given): Promise<void> {
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
    const isClosed = process.platform !== 'win32' || (await runClose(host, stateFolderOf(host))).exitCode === 0;
    if (isClosed) tell(closeCall, { exitCode: 0, output: '' });
    if (!isClosed || action !== 'add') return;
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
