import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import { type RunResult, runProcess } from '../../process/run';
import type { Context, Recorder } from '../firewall';

/** Where distributions put nft. PATH is not asked: whoever can set it must not choose what we run. */
const systemFolders = ['/usr/sbin', '/sbin', '/usr/bin'] as const;

/** One call works on our tables only, so it is a matter of milliseconds; the limit is for a host on its knees. */
const limitMs = 20_000;

/** Thousands of rules; more is not ours. */
const longestListing = 16 * 1024 * 1024;

/** What decides is the exit code and JSON; messages are only kept for people, and so in English. */
const env = { LC_ALL: 'C' };

/** Something could not be read, and why, for people. */
export interface Unreadable {
  readonly unreadable: string;
}

/** The nft of this host: reads, and changes as steps of a case. */
export class Nft {
  constructor(
    private readonly context: Context,
    private readonly folders: readonly string[] = systemFolders,
  ) {}

  /** Absolute path; where nft usually is if this host has none. */
  get program(): string {
    return this.find() ?? join(systemFolders[0], 'nft');
  }

  /** Throws `Failure('tool-missing')` when this host has no nft. */
  require(): void {
    if (this.find() !== undefined) return;
    const message = `nft is missing: it is not in ${this.folders.join(', ')}. Nothing was changed. Install the package nftables, then ask again.`;
    throw new Failure('tool-missing', message);
  }

  /** The answer to a listing, such as `list table inet contain_host`, as parsed JSON. */
  list(...what: readonly string[]): Promise<{ readonly listed: unknown } | Unreadable> {
    return new Promise((resolve) => {
      const options = { env, timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: longestListing } as const;
      execFile(this.program, ['-j', 'list', ...what], options, (error, stdout, stderr) => {
        if (error !== null) {
          const why = printable(stderr) || printable(error.message);
          return resolve({ unreadable: `"nft list ${what.join(' ')}" failed: ${why}` });
        }
        try {
          resolve({ listed: JSON.parse(stdout) });
        } catch {
          resolve({ unreadable: `"nft list ${what.join(' ')}" did not answer with JSON` });
        }
      });
    });
  }

  /** Asks the kernel whether it would take a transaction; nothing is changed. Returns what speaks against it. */
  async check(transaction: string): Promise<string | undefined> {
    const result = await runProcess(this.program, ['-c', '-f', '-'], { input: transaction, limitMs, env });
    return result.exitCode === 0 ? undefined : complaint(result);
  }

  /** Carries out a transaction as a step, whole or not at all. It holds our lock while it lives, even if we die before it. */
  async change(recorder: Recorder, step: string, transaction: string): Promise<string | undefined> {
    const args = ['-f', '-'];
    const { lockFd } = this.context;
    const result = await recorder.act({ step, command: [this.program, ...args] }, () =>
      runProcess(this.program, args, {
        input: transaction,
        limitMs,
        env,
        ...(lockFd === undefined ? {} : { holdFd: lockFd }),
      }),
    );
    return result.exitCode === 0 ? undefined : complaint(result);
  }

  private find(): string | undefined {
    return this.folders.map((folder) => join(folder, 'nft')).find((file) => existsSync(file));
  }
}

function complaint({ timedOut, startError, output, exitCode }: RunResult): string {
  if (timedOut) return 'nft did not end in time';
  return startError ?? (printable(output.toString('latin1')) || `nft ended with exit code ${exitCode}`);
}

/** The tool's own words as they may stand in a message: the beginning, on one line. */
function printable(text: string): string {
  return text
    .trim()
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 300);
}
