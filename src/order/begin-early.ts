import { existsSync, lstatSync, mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import type { Glance } from '../agent/configuration/glance';
import { homeBackup } from '../firewall/windows/home-backup';
import type { BegunCall, Host } from '../host';
import { tellBegun } from '../process/begun';
import type { Request } from '../request/request';
import { stateFolderOf } from '../state/folder';
import { Journal, journalMark } from '../state/journal';
import { begunPrefix, tidyUp } from '../windows/closed-folder';
import {
  adaptersKey,
  connectionsKey,
  firewallServices,
  localKey,
  policiesKey,
  serviceKey,
  tcpipKey,
} from '../windows/keys';
import { systemTool } from '../windows/system-tool';
import {
  closeCall,
  exportBegunCall,
  exportCall,
  exportPolicy,
  exportPolicyCall,
  firstLookCall,
  queryCall,
  runClose,
  runExport,
  runExportPolicy,
  runQuery,
} from '../windows/tool-calls';

/**
 * Closes the state folder, and begins for the worker what no lock has to guard: readings of what no order changes, and,
 * where `isAlone`, the export of the policy. A new process costs Windows most of what such a reading takes, and until
 * the worker's Node has started this process has nothing else to do. The worker uses what has ended when it needs it,
 * and makes the rest itself; so whatever fails here is no error. Returns what ends it.
 */
export function beginEarly(
  host: Host,
  request: Request,
  { worker, isAlone }: { readonly worker: Writable; readonly isAlone: () => boolean },
): () => void {
  worker.on('error', () => {});
  const over = new AbortController();
  const folders: string[] = [];
  const makeFolder = (): string => {
    over.signal.throwIfAborted();
    const folder = mkdtempSync(join(stateFolderOf(host), begunPrefix));
    folders.push(folder);
    return folder;
  };
  void begin(host, { request, worker, isAlone, makeFolder, signal: over.signal });
  return () => {
    over.abort();
    for (const folder of folders) tidyUp(folder);
  };
}

/** What fails like this the worker does again, with a console. */
const quickly = { noConsole: true } as const;

interface Given {
  readonly request: Request;
  readonly worker: Writable;
  readonly isAlone: () => boolean;
  readonly makeFolder: () => string;
  readonly signal: AbortSignal;
}

/** Never rejects. */
async function begin(host: Host, { request, worker, isAlone, makeFolder, signal }: Given): Promise<void> {
  const tell = (call: string, { exitCode, output }: Pick<BegunCall, 'exitCode' | 'output'>, file?: string): void => {
    const named = file === undefined ? {} : { file };
    if (worker.writable) worker.write(tellBegun(call, { exitCode, output, ...named, endedAt: Date.now() }));
  };
  const read = async (key: string, call = exportCall(key)): Promise<void> => {
    const file = join(makeFolder(), 'key.reg');
    const { exitCode } = await runExport(host, key, file, { ...quickly, signal, limitMs: host.timeouts.regAtFirst });
    tell(call, { exitCode, output: '' }, file);
  };
  const readPolicy = async ({ home, needsNoLookUp }: Target): Promise<void> => {
    const areServersFound = needsNoLookUp || (await areFoundSoon(host, home));
    const isDue = areServersFound && !existsSync(homeBackup(home)) && isAlone();
    const mark = isDue ? journalMark(stateFolderOf(host)) : undefined;
    // The worker need not wait for it.
    if (mark === undefined) return tell(exportBegunCall, { exitCode: null, output: '' });
    const file = join(makeFolder(), 'policy.wfw');
    const command = [systemTool(host, 'netsh.exe'), ...exportPolicy(file)];
    new Journal(dirname(file)).append({ event: 'step', step: 'backup', command });
    tell(exportBegunCall, { exitCode: 0, output: mark }, file);
    const exporting = runExportPolicy(host, file, signal, quickly).then(({ exitCode, output }) =>
      tell(exportPolicyCall, { exitCode, output: output.toString('latin1') }),
    );
    await Promise.all([exporting, read(localKey, firstLookCall)]);
  };
  try {
    // Only a closed folder takes readings: nobody else may change them.
    const [isDone, target] = await Promise.all([isClosed(host), targetOf(host, request)]);
    if (!isDone) return;
    tell(closeCall, { exitCode: 0, output: '' });
    if (target === undefined) return;
    await Promise.all([
      readPolicy(target),
      ...firewallServices.map((name) => read(serviceKey(name))),
      ...firewallServices.map(async (name) => tell(queryCall(name), await runQuery(host, name, quickly))),
      ...[policiesKey, adaptersKey, connectionsKey].map((key) => read(key)),
      ...(target.needsNoLookUp ? [] : [read(tcpipKey)]),
    ]);
  } catch {
    // The worker makes these readings itself.
  } finally {
    worker.end();
  }
}

async function isClosed(host: Host): Promise<boolean> {
  const folder = stateFolderOf(host);
  if (process.platform === 'win32') return (await runClose(host, folder, quickly)).exitCode === 0;
  return lstatSync(folder).uid === process.getuid?.();
}

/** In milliseconds: name servers that are well answer within it. The export would be too old after half a second. */
const soonMs = 100;

/** Whether the names of the servers are known, or found now, so that the order will not wait for them. Never throws. */
async function areFoundSoon(host: Host, home: string): Promise<boolean> {
  try {
    const { readNamedServers } = await import('../agent/servers');
    const named = readNamedServers({ ...host, timeouts: { ...host.timeouts, dns: soonMs } }, home);
    return named.areKnown([]) || (await named.resolve()).unresolved.length === 0;
  } catch {
    return false;
  }
}

interface Target extends Glance {
  readonly home: string;
}

/**
 * The agent's folder, and what its configuration seems to say of the servers. Undefined for what will be refused, as
 * far as that is seen at once: nothing is read for it. Throws for some of that.
 */
async function targetOf(host: Host, { action, requestedBy, address }: Request): Promise<Target | undefined> {
  if (action !== 'add') return undefined;
  const [{ parseHandler }, { findHome }, { glanceAtServers }] = await Promise.all([
    import('./handler'),
    import('../agent/home'),
    import('../agent/configuration/glance'),
  ]);
  if (requestedBy === 'operator') parseHandler(address);
  const { home } = await findHome(host, async () => []);
  const servers = glanceAtServers(host.platform, home);
  return servers.namesServers ? { ...servers, home } : undefined;
}
