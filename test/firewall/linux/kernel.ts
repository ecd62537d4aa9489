import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, Firewall, Recorder, Step } from '../../../src/firewall/firewall';
import { Nft, type NftLimits } from '../../../src/firewall/linux/nft';
import { nftables } from '../../../src/firewall/linux/nftables';
import { timeouts } from '../../../src/host';
import type { OpenCase } from '../../../src/state/journal';

interface Rule {
  chain: string;
  comment: string;
  expr: unknown[];
}

interface Table {
  family: string;
  name: string;
  flags?: string;
  chains: { name: string; hook?: string; policy: string; prio: number }[];
  rules: Rule[];
}

/** A host whose nft is the stand-in, and the product's firewall on it. */
export class Kernel {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kernel '));
  readonly stateFolder = join(this.folder, 'state');
  readonly tools = join(this.folder, 'tools');
  readonly steps: Step[] = [];
  readonly warnings: string[] = [];
  /** For tests in which nft does not answer. */
  limits: NftLimits | undefined;

  constructor() {
    for (const path of [this.stateFolder, this.tools]) mkdirSync(path);
    const standin = join(__dirname, 'nft-standin.cjs');
    this.script('nft', `exec '${process.execPath}' '${standin}' '${this.folder}' "$@"`);
    this.script('unshare', '[ "$1" = --net ] && shift && STANDIN_NAMESPACE=$$ exec "$@"');
    this.script('systemctl', 'exit 0');
  }

  /** No network namespace can be made, as in many containers. */
  forbidNamespaces(): void {
    this.script('unshare', 'echo "unshare failed: Operation not permitted" >&2; exit 1');
  }

  /** The unit is not there, or not enabled. */
  removeUnit(): void {
    this.script('systemctl', 'exit 1');
  }

  private script(name: string, line: string): void {
    const program = join(this.tools, name);
    writeFileSync(program, `#!/bin/sh\n${line}\n`);
    chmodSync(program, 0o755);
  }

  firewall(openCase?: OpenCase): Firewall {
    const context: Context = {
      host: { platform: 'linux', env: {}, program: '', command: [''], name: 'contain-host', timeouts },
      home: undefined,
      stateFolder: this.stateFolder,
      ...(openCase === undefined ? {} : { openCase }),
    };
    return nftables(
      context,
      new Nft(context, [this.tools], join(this.tools, 'unshare'), this.limits),
      join(this.tools, 'systemctl'),
    );
  }

  readonly recorder: Recorder = {
    act: (step, work) => {
      this.steps.push(step);
      return work();
    },
    note: () => {},
    facts: {},
    warn: (message) => this.warnings.push(message),
  };

  get tables(): Table[] {
    return JSON.parse(this.read('tables.json') ?? '[]') as Table[];
  }

  set tables(tables: Table[]) {
    writeFileSync(join(this.folder, 'tables.json'), JSON.stringify(tables));
  }

  /** Somebody else's hand on our inet table. */
  meddle(change: (table: Table) => void): void {
    const { tables } = this;
    for (const table of tables) if (table.family === 'inet') change(table);
    this.tables = tables;
  }

  setFault(fault: string): void {
    writeFileSync(join(this.folder, 'fault'), fault);
  }

  get saved(): string | undefined {
    return this.read('state/contained.nft');
  }

  set saved(text: string | undefined) {
    const file = join(this.stateFolder, 'contained.nft');
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
  }

  /** Nothing can be saved: a folder stands where the file is written first. Rights would not keep root out. */
  blockSaving(): void {
    mkdirSync(join(this.stateFolder, 'contained.nft.new'));
  }

  unblockSaving(): void {
    rmdirSync(join(this.stateFolder, 'contained.nft.new'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private read(file: string): string | undefined {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }
}
