import { readdirSync, readFileSync, readlinkSync, statSync, writeSync } from 'node:fs';

/** So many open files of one process are looked at. */
const mostFiles = 4096;
/** USER_HZ: hundredths of a second on every system that we run on. */
const ticksPerSecond = 100;

/**
 * Lists the processes from this number on, one line of JSON each, to standard output. Runs in a process of its own: the
 * kernel may never answer the question for a command line, where that process is stuck (its mmap lock is held). So each
 * line is written in pieces, what is safe to ask first, and a reader that falls silent shows which process it was.
 */
export function listProcessesFrom(from: number): void {
  const names = accountNames();
  const startedAt = bootTime();
  const numbers = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  for (const pid of numbers) if (pid >= from && pid !== process.pid) list(pid, names, startedAt);
}

function list(pid: number, names: ReadonlyMap<number, string>, bootedAt: number): void {
  const folder = `/proc/${pid}`;
  const stat = attempt(() => readFileSync(`${folder}/stat`, 'latin1'));
  if (stat === undefined) return;
  say(`{"pid":${pid}`);
  // The program's name stands in brackets and may hold anything, brackets too.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const uid = attempt(() => statSync(folder).uid);
  const exe = attempt(() => readlinkSync(`${folder}/exe`));
  const facts = {
    name: text(Buffer.from(stat.slice(stat.indexOf('(') + 1, end), 'latin1')),
    parent: Number(fields[1]),
    state: fields[0],
    uid,
    user: uid === undefined ? undefined : names.get(uid),
    startedAt: new Date(bootedAt + (Number(fields[19]) / ticksPerSecond) * 1000).toISOString(),
    exe: exe?.replace(/ \(deleted\)$/, ''),
    isExeDeleted: exe?.endsWith(' (deleted)'),
    cwd: attempt(() => readlinkSync(`${folder}/cwd`)),
    socketInodes: socketsOf(folder),
  };
  say(`,${JSON.stringify(facts).slice(1, -1)}`);
  const line = attempt(() => readFileSync(`${folder}/cmdline`));
  // Kernel threads have none.
  const words = line === undefined || line.length === 0 ? [] : split(line);
  say(`,"commandLine":${JSON.stringify(words.map(text))}}\n`);
}

/** The inodes of its sockets, which are the last column but some of /proc/net/tcp and the like (proc_pid_net(5)). */
function socketsOf(folder: string): number[] {
  const files = attempt(() => readdirSync(`${folder}/fd`)) ?? [];
  return files.slice(0, mostFiles).flatMap((file) => {
    const target = attempt(() => readlinkSync(`${folder}/fd/${file}`)) ?? '';
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return inode === undefined ? [] : [Number(inode)];
  });
}

function split(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0, start);
    const end = found < 0 ? bytes.length : found;
    words.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return words;
}

/** Bytes that are no UTF-8 stand there as base64: nothing of what a process calls itself is lost. */
function text(bytes: Buffer): string | { readonly base64: string } {
  const decoded = bytes.toString('utf8');
  return Buffer.from(decoded).equals(bytes) ? decoded : { base64: bytes.toString('base64') };
}

/** Milliseconds since 1970 (proc_stat(5), `btime`). */
function bootTime(): number {
  const stat = attempt(() => readFileSync('/proc/stat', 'latin1')) ?? '';
  return Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000;
}

/** Of the local accounts only: a directory service might have to be asked over the network. */
function accountNames(): Map<number, string> {
  const accounts = (attempt(() => readFileSync('/etc/passwd', 'utf8')) ?? '').split('\n');
  return new Map(
    accounts.flatMap((line) => {
      const [name = '', , uid] = line.split(':');
      return uid === undefined ? [] : [[Number(uid), name] as const];
    }),
  );
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function say(piece: string): void {
  const bytes = Buffer.from(piece);
  for (let written = 0; written < bytes.length; ) written += writeSync(1, bytes, written);
}
