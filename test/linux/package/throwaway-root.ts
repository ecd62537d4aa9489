import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** How a program in the root ended. `text` is what it printed, standard output and then standard error. */
export interface Ending {
  readonly exitCode: number | null;
  readonly text: string;
}

const script = `
mount -t tmpfs none "$1"
mkdir "$1/changed" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/changed,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs none "$1/root/tmp"
mount -t tmpfs none "$1/root/run"
echo ready
exec sleep 600
`;

/**
 * A copy of this machine in which everything may be changed: an overlay in memory over its files, and a network of its
 * own that leads nowhere. Both vanish with the process that holds them, after ten minutes at the latest. Needs root.
 */
export class ThrowawayRoot {
  private readonly folder = mkdtempSync(join(tmpdir(), 'root-'));
  private holder: ChildProcess | undefined;

  async open(): Promise<this> {
    this.holder = spawn('unshare', ['--mount', '--net', 'sh', '-ec', script, 'sh', this.folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = this.holder;
    const first: unknown[] =
      stdout === null ? [] : await Promise.race([once(stdout, 'data'), once(this.holder, 'exit')]);
    if (String(first[0]).trim() !== 'ready') throw new Error('the throwaway root could not be made, see above');
    return this;
  }

  /** Runs a program in the root. `env` is added to a plain environment. */
  run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Ending {
    return this.enter(['chroot', this.inside, ...command], env);
  }

  /** Runs a shell script in the root that must succeed; returns what it printed. */
  sh(lines: string): string {
    return this.succeed(['chroot', this.inside, 'sh', '-ec', lines]);
  }

  /** Copies a file of this machine into the root's /tmp and returns its path there. */
  bring(file: string): string {
    this.succeed(['cp', file, join(this.inside, 'tmp')]);
    return join('/tmp', basename(file));
  }

  close(): void {
    this.holder?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  private get inside(): string {
    return join(this.folder, 'root');
  }

  private succeed(command: readonly string[]): string {
    const { exitCode, text } = this.enter(command, {});
    if (exitCode !== 0) throw new Error(`${command.join(' ')}\nended with ${exitCode}: ${text}`);
    return text.trim();
  }

  private enter(command: readonly string[], env: Readonly<Record<string, string>>): Ending {
    const done = spawnSync('nsenter', ['--target', String(this.holder?.pid), '--mount', '--net', ...command], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...env },
    });
    return { exitCode: done.status, text: `${done.stdout}${done.stderr}` };
  }
}
