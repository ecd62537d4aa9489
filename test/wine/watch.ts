import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helper, type Windows } from './windows';

/** What a worker is to meet. Its calls are named as `Watch.record` returns them, without their arguments' quotes. */
export interface WatchPlan {
  /**
   * TerminateProcess at the nth call, from 1, whose name begins with `what`; `later`: behind it, when `killNow` is
   * called.
   */
  readonly kill?: { readonly when: 'before' | 'after' | 'later'; readonly nth: number; readonly what: string };
  /** The nth tool, or with 0 every one, whose command line has `what` in it goes wrong. */
  readonly fault?: { readonly nth: number; readonly kind: string; readonly what: string };
  /** What a tool says in place of its own words, when its kind is `speaks`. */
  readonly speech?: Buffer;
}

/** Watches the workers of a Windows from within: native/watch.c. */
export class Watch {
  private readonly folder: string;

  constructor(windows: Windows) {
    this.folder = windows.path('watch');
    windows.place(helper('watch.dll'), join(windows.bin, 'userenv.dll'));
    windows.place(helper('faulty.exe'), join(this.folder, 'faulty.exe'));
  }

  /** For the workers that start from now on; their record is a new one. */
  plan({ kill, fault, speech }: WatchPlan): void {
    mkdirSync(this.folder, { recursive: true });
    const lines = [
      ...(kill === undefined ? [] : [`kill ${kill.when} ${kill.nth} ${kill.what}\n`]),
      ...(fault === undefined ? [] : [`fault ${fault.nth} ${fault.kind} ${fault.what}\n`]),
    ];
    writeFileSync(join(this.folder, 'plan'), lines.join(''));
    if (speech !== undefined) writeFileSync(join(this.folder, 'speech'), speech);
    for (const name of ['record', 'now']) rmSync(join(this.folder, name), { force: true });
  }

  /** The worker that waits for its end gets it. */
  killNow(): void {
    writeFileSync(join(this.folder, 'now'), '');
  }

  /** Every call that the workers have begun since the last plan, such as `write C:\Program Files\…\journal.jsonl`. */
  record(): string[] {
    const file = join(this.folder, 'record');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  }
}
