import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOf } from '../../fixtures/standin/fingerprint';
import { readRegFile } from '../../fixtures/standin/reg-reader';
import { paths, type RegistryTree } from '../../fixtures/standin/registry';
import type { Judged } from '../matrix/truth';
import type { Windows } from './windows';

/**
 * All of a Windows that an order finds and changes, as it was at one moment: the policy, the agent's files and ours.
 */
export class Snapshot {
  /** The local policy as one text, the same for policies that mean the same. */
  readonly fingerprint: string;
  private readonly folder: string;
  private readonly policy: Buffer;
  private readonly tree: RegistryTree;

  constructor(private readonly windows: Windows) {
    this.folder = mkdtempSync(windows.path('snapshot-'));
    copyContent(windows.agent, join(this.folder, 'agent'));
    copyContent(windows.state, join(this.folder, 'state'));
    this.policy = windows.export(paths.local) ?? Buffer.alloc(0);
    this.tree = readRegFile(this.policy);
    this.fingerprint = fingerprintOf(this.tree);
  }

  /** Everything is as it was then. */
  restore(): void {
    for (const [copy, folder] of [
      ['agent', this.windows.agent],
      ['state', this.windows.state],
    ] as const) {
      for (const name of contentOf(folder)) rmSync(join(folder, name), { recursive: true });
      copyContent(join(this.folder, copy), folder);
    }
    const [header, ...keys] = this.policy.toString('utf16le').split('\r\n');
    const away = `[-${paths.local.replace(/^HKLM\\/, 'HKEY_LOCAL_MACHINE\\')}]`;
    writeFileSync(this.windows.path('restore.reg'), [header, '', away, ...keys].join('\r\n'), 'utf16le');
    if (!this.windows.reg('import', 'C:\\restore.reg')) throw new Error('the policy cannot be restored');
  }

  /** Says what becomes of packets, under the domain's policy of now: no order changes that. */
  get judged(): Judged {
    const domain = this.windows.export(paths.gpo);
    const keys = domain === undefined ? this.tree.keys : { ...this.tree.keys, ...readRegFile(domain).keys };
    return { registry: () => ({ keys }) };
  }

  /** All that a later order can find, without the times: the same for two moments from which it will go on alike. */
  digest(): string {
    const all = readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).sort();
    const files = all.filter((file) => !/reading-|\.log$/.test(file));
    const contents = files.map((file) => {
      const isText = /journal\.jsonl$|\.netsh$/.test(file);
      return `${file} ${isText ? readFileSync(join(this.folder, file), 'utf8') : ''}`;
    });
    return [this.fingerprint, ...contents]
      .join('\n')
      .replace(/"time":"[^"]*"|\d{8}T\d{9}Z|reading-\w{6}|[0-9a-f]{64}/g, '');
  }
}

/** The programs, and the log that nobody reads again, stay where they are. */
function contentOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name !== 'active-response') : [];
}

function copyContent(from: string, to: string): void {
  for (const name of contentOf(from))
    cpSync(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
}
