import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import { openAnonymousFile } from '../../process/anonymous-file';
import { findLinuxTool, linuxToolFolders } from '../../process/linux-tool';
import { type RunOptions, type RunResult, runProcess } from '../../process/run';
import type { Context, Recorder } from '../firewall';
import { type Table, tables } from './ruleset';

/**
 * How long one call may take, in milliseconds. Most take milliseconds, since they work on our tables only. But before
 * it lists anything, nft 0.9.8 reads every rule of everybody: a quarter of a minute and more with 200,000 of them.
 */
export interface NftLimits {
  /** For what nft only has to hand to the kernel. */
  readonly change: number;
  /** For a listing that a person asked for. */
  readonly listing: number;
  /** For a listing in an order, whose caller waits 25 s in all. */
  readonly inOrder: number;
  /** For all that is listed before the block, which must not come late for it. */
  readonly beforeBlock: number;
}

const usualLimits: NftLimits = { change: 15_000, listing: 20_000, inOrder: 8000, beforeBlock: 2000 };

/**
 * The exit code and the JSON decide. Messages are only kept for people, so they are in English. A listing of our tables
 * has thousands of rules at most, so this much output is enough.
 */
const options: RunOptions = { env: { LC_ALL: 'C' }, keepBytes: 16 * 1024 * 1024 };

/**
 * Folders in memory come first: a full disk must not stop a containment. nft 0.9.8 opens /dev/stdin anew, which works
 * for a file but not for a socket, and Node makes sockets of its children's pipes.
 */
const memoryFolders = ['/run', '/dev/shm'];

/** A program of util-linux, as flock is. */
const systemUnshare = '/usr/bin/unshare';

/** $0 is the program, the arguments are families. No other text reaches this shell. */
const loadAndList = `"$0" -f - && for family; do "$0" -j list table "$family" ${tables[0].name} || exit; done`;

/** Something could not be read, and why, for people. */
export interface Unreadable {
  readonly unreadable: string;
  /** nft did not answer in time. */
  readonly timedOut?: true;
}

/** Runs the nft of this host: to read, and to make changes, each as a step of a case. */
export class Nft {
  /**
   * The result of a question that was not answered in time: another one to the same program would only take as long
   * again.
   */
  private unanswered: RunResult | undefined;
  /** The same for listings alone, with the time that the longest of them was given. */
  private unlisted: { readonly result: RunResult; readonly limitMs: number } | undefined;

  constructor(
    private readonly context: Context,
    private readonly folders: readonly string[] = linuxToolFolders,
    private readonly unshare = systemUnshare,
    readonly limits = usualLimits,
  ) {}

  /** The absolute path of nft; on a host without it, where it usually is. */
  get program(): string {
    return this.find() ?? join(linuxToolFolders[0], 'nft');
  }

  /** Throws `Failure('tool-missing')` when this host has no nft. */
  require(): void {
    if (this.find() !== undefined) return;
    const message = `nft is missing: it is not in ${this.folders.join(', ')}. Nothing was changed. Install the package nftables, then repeat the order.`;
    throw new Failure('tool-missing', message);
  }

  /**
   * The answer to a listing, such as `list table inet contain_host`, as parsed JSON. `terse`: without the elements of
   * named sets and maps, of which others have tens of thousands.
   */
  async list(
    what: readonly string[],
    limitMs = this.limits.listing,
    how: 'whole' | 'terse' = 'whole',
  ): Promise<Listed | Unreadable> {
    const args = ['list', ...what];
    const result = await this.askList([...(how === 'terse' ? ['-t'] : []), '-j', ...args], limitMs);
    if (result.exitCode !== 0) {
      const unreadable = `"nft ${args.join(' ')}" failed: ${complaint(result)}`;
      return result.timedOut ? { unreadable, timedOut: true } : { unreadable };
    }
    return parse(result.stdout) ?? { unreadable: `"nft ${args.join(' ')}" did not answer with JSON` };
  }

  /** Asks the kernel whether it would take a transaction; nothing is changed. Returns why it would not. */
  async check(transaction: string): Promise<string | undefined> {
    return complaintOf(await this.ask(this.program, ['-c', '-f', '-'], transaction));
  }

  /** The same, and whether this nft was built with JSON: without it rules can be loaded and never read back. */
  async checkWithJson(transaction: string): Promise<string | undefined> {
    return complaintOf(await this.ask(this.program, ['-j', '-c', '-f', '-'], transaction));
  }

  /** Asks this program for its version. Returns why it cannot even tell that. */
  async checkProgram(): Promise<string | undefined> {
    return complaintOf(await this.ask(this.program, ['--version']));
  }

  /**
   * How this nft lists these tables after it has loaded a transaction. This is tried out in a network namespace of its
   * own, which ends with the process. A table of which nft gives no listing is left out. Undefined where this host does
   * not allow that.
   */
  async rehearse(transaction: string, own: readonly Table[]): Promise<unknown[] | undefined> {
    if (!existsSync(this.unshare)) return undefined;
    const args = ['--net', '/bin/sh', '-c', loadAndList, this.program, ...own.map(({ family }) => family)];
    const { exitCode, stdout } = await this.ask(this.unshare, args, transaction);
    if (exitCode !== 0) return undefined;
    const answers = stdout.toString('utf8').split('\n').filter(Boolean);
    return answers.flatMap((answer) => parse(answer)?.listed ?? []);
  }

  /**
   * Carries out a transaction as a step, whole or not at all. nft holds our lock while it runs, even if we die first.
   */
  async change(recorder: Recorder, step: string, transaction: string): Promise<string | undefined> {
    const args = ['-f', '-'];
    const { lockFd } = this.context;
    const hold = lockFd === undefined ? {} : { holdFd: lockFd };
    return complaintOf(
      await recorder.act({ step, command: [this.program, ...args] }, () =>
        this.feed(this.program, args, transaction, hold),
      ),
    );
  }

  private async ask(program: string, args: readonly string[], transaction?: string): Promise<RunResult> {
    if (this.unanswered !== undefined) return this.unanswered;
    const result = await (transaction === undefined
      ? runProcess(program, args, { ...options, limitMs: this.limits.change })
      : this.feed(program, args, transaction));
    if (result.timedOut) this.unanswered = result;
    return result;
  }

  private async askList(args: readonly string[], limitMs: number): Promise<RunResult> {
    if (this.unanswered !== undefined) return this.unanswered;
    if (this.unlisted !== undefined && this.unlisted.limitMs >= limitMs) return this.unlisted.result;
    const result = await runProcess(this.program, args, { ...options, limitMs });
    if (result.timedOut && limitMs >= (this.unlisted?.limitMs ?? 0)) this.unlisted = { result, limitMs };
    return result;
  }

  private async feed(
    program: string,
    args: readonly string[],
    text: string,
    more: RunOptions = {},
  ): Promise<RunResult> {
    const inputFd = openAnonymousFile(text, [...memoryFolders, this.context.stateFolder]);
    try {
      return await runProcess(program, args, { ...options, limitMs: this.limits.change, ...more, inputFd });
    } finally {
      closeSync(inputFd);
    }
  }

  private find(): string | undefined {
    return findLinuxTool('nft', this.folders);
  }
}

interface Listed {
  readonly listed: unknown;
}

function parse(text: Buffer | string): Listed | undefined {
  try {
    return { listed: JSON.parse(text.toString()) };
  } catch {
    return undefined;
  }
}

function complaintOf(result: RunResult): string | undefined {
  return result.exitCode === 0 ? undefined : complaint(result);
}

function complaint({ timedOut, startError, output, exitCode }: RunResult): string {
  if (timedOut) return 'nft did not end in time';
  const said = printable(output.toString('latin1'));
  if (/operation not permitted|must be root/i.test(said))
    return 'rights are missing: run this as root, with CAP_NET_ADMIN';
  return startError ?? (said || `nft ended with exit code ${exitCode}`);
}

/** The tool's own words as they may stand in a message: the beginning, on one line. */
function printable(text: string): string {
  return text
    .trim()
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 300);
}
