import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Call, CallLog } from '../../fixtures/standin/calls';
import type { Fault } from '../../fixtures/standin/faults';
import { fingerprintOf } from '../../fixtures/standin/fingerprint';
import type { HostDescription } from '../../fixtures/standin/machine';
import { regFile } from '../../fixtures/standin/reg-file';
import { readRegFile } from '../../fixtures/standin/reg-reader';
import { paths, type RegistryTree } from '../../fixtures/standin/registry';
import { verdictOn } from '../../fixtures/standin/traffic';

const root = join(__dirname, '..', '..');
const wine = join(__dirname, 'wine.sh');
const shared = join(root, 'node_modules', '.cache', 'contain-host', 'wine');

/** A file of dist/, and one of the files that set-up.mjs made. */
export const built = (name: string): string => join(root, 'dist', name);
export const helper = (name: string): string => join(shared, name);

/** How a program ended, with what it wrote on standard output and error. */
export interface Result {
  readonly exitCode: number | null;
  readonly output: string;
}

interface StartOptions {
  /** Absent: the agent's folder, or the root where there is no agent. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A Windows of its own under Wine. `close` ends everything that runs there and deletes it. */
export class Windows {
  readonly prefix: string;
  readonly system32: string;
  readonly agent: string;
  readonly bin: string;
  readonly state: string;
  private readonly standin: string;

  constructor() {
    mkdirSync(helper('pcs'), { recursive: true });
    this.prefix = mkdtempSync(helper('pcs/pc-'));
    this.system32 = this.path('windows/system32');
    this.agent = this.path('Program Files (x86)/ossec-agent');
    this.bin = join(this.agent, 'active-response', 'bin');
    this.state = this.path('Program Files/contain-host/state');
    this.standin = join(this.system32, 'standin');
    // Second links, because a copy takes 700 MB. Wine writes a registry file with a second link in place: those are
    // copied.
    spawnSync('cp', ['--archive', '--link', `${helper('prefix')}/.`, this.prefix]);
    for (const name of ['system.reg', 'user.reg', 'userdef.reg']) {
      rmSync(join(this.prefix, name));
      copyFileSync(join(helper('prefix'), name), join(this.prefix, name));
    }
    // It stays until it is told to go; else it starts all its services again after each pause of a few seconds.
    spawnSync('wineserver', ['--persistent'], { env: this.environment, stdio: 'ignore' });
  }

  /** A file below `C:`, as this Linux sees it. */
  path(file: string): string {
    return join(this.prefix, 'drive_c', file);
  }

  /** The registry and the netsh of a host, and an OSSEC agent with this product. */
  setUpHost(description: HostDescription): this {
    this.setUpNetsh(description);
    this.installAgent();
    this.place(built('contain-host.exe'), join(this.bin, 'contain-host.exe'));
    this.place(built('contain-host.exe'), join(this.bin, 'release-host.exe'));
    // A dozen more programs for each order take long under Wine.
    this.setSettings({ evidence: 'none' });
    return this;
  }

  setSettings(settings: object): void {
    mkdirSync(join(this.agent, 'shared'), { recursive: true });
    writeFileSync(join(this.agent, 'shared', 'contain-host.json'), JSON.stringify(settings));
  }

  setUpNetsh({ registry, settings = {} }: HostDescription): this {
    this.place(helper('netsh.exe'), join(this.system32, 'netsh.exe'));
    mkdirSync(this.standin, { recursive: true });
    writeFileSync(join(this.standin, 'settings.json'), JSON.stringify(settings));
    writeFileSync(this.path('host.reg'), regFile(registry, 'HKLM', 'HKLM'));
    this.reg('import', 'C:\\host.reg');
    return this;
  }

  /** What an OSSEC agent that knows its server leaves in its folder. */
  installAgent(folder = this.agent): this {
    mkdirSync(join(folder, 'active-response', 'bin'), { recursive: true });
    const client = '<client>\r\n    <server-ip>10.0.0.5</server-ip>\r\n  </client>';
    writeFileSync(join(folder, 'ossec.conf'), `<ossec_config>\r\n  ${client}\r\n</ossec_config>\r\n`);
    // OSSEC talks UDP, which nobody can probe: no packet of a test leaves this machine.
    writeFileSync(join(folder, 'VERSION.txt'), 'OSSEC HIDS v4.3\r\n');
    return this;
  }

  /** Puts a file in place as a second link: it must not be written to there. */
  place(file: string, target: string): void {
    mkdirSync(dirname(target), { recursive: true });
    rmSync(target, { force: true });
    linkSync(file, target);
  }

  /** As an administrator does at a prompt. */
  async run(...args: readonly string[]): Promise<Result> {
    return this.settle(await this.start([join(this.bin, 'contain-host.exe'), ...args]));
  }

  /** As an OSSEC agent does, or in one of the other ways of starter.c: relative, quoted, with forward slashes. */
  async runBy(
    starter: 'ossec' | 'without-handles' | 'unheard',
    args: string,
    program = 'contain-host.exe',
  ): Promise<Result> {
    return this.settle(await this.startBy(starter, `"active-response/bin/${program}" ${args}`));
  }

  async runByWazuh(message: object, starter: 'wazuh' | 'wazuh-delete' = 'wazuh'): Promise<Result> {
    const program = '"active-response/bin/contain-host.exe"';
    return this.settle(await this.startBy(starter, program, JSON.stringify(message)));
  }

  /**
   * On a slow machine the program leaves before its worker is done. Waits for that, and for the exit code in its line.
   */
  private async settle(result: Result): Promise<Result> {
    if (result.exitCode !== 8) return result;
    while (this.workers().length > 0) await wait(200);
    return { ...result, exitCode: Number(/exit=(\d+)/.exec(this.audit().at(-1) ?? '')?.[1] ?? 0) };
  }

  private startBy(...args: readonly string[]): Promise<Result> {
    this.place(helper('starter.exe'), this.path('starter.exe'));
    return this.start(['C:\\starter.exe', ...args]);
  }

  /**
   * Starts any program and waits for it. Its output goes through a file, which is all that Node under Wine can write
   * to.
   */
  start([program = '', ...args]: readonly string[], { cwd, env = {} }: StartOptions = {}): Promise<Result> {
    const file = join(mkdtempSync(join(this.prefix, 'output-')), 'text');
    const output = openSync(file, 'w');
    const folder = cwd ?? (existsSync(this.agent) ? this.agent : this.path(''));
    return new Promise((resolve, reject) => {
      const options = { cwd: folder, env: { ...this.environment, ...env } };
      const child = spawn(wine, [program, ...args], { ...options, stdio: ['ignore', output, output] });
      child.on('error', reject);
      child.on('exit', (exitCode) => {
        closeSync(output);
        // Of its own services Wine complains in the output of whoever starts it first; our program's end is in its exit
        // code.
        const said = readFileSync(file, 'utf8').replace(/^wine: .*\r?\n/gm, '');
        resolve({ exitCode, output: said });
      });
    });
  }

  /** Runs `reg.exe`; false when it failed. */
  reg(...args: readonly string[]): boolean {
    return spawnSync(wine, ['reg', ...args], { env: this.environment, stdio: 'ignore' }).status === 0;
  }

  /** The firewall's policy: the local one and the domain's. */
  registry(): RegistryTree {
    const keys = [paths.local, paths.gpo].map((key) => {
      const file = this.export(key);
      return file === undefined ? {} : readRegFile(file).keys;
    });
    return { keys: Object.assign({}, ...keys) };
  }

  /** A key as reg.exe exports it; undefined where it is not there. */
  export(key: string): Buffer | undefined {
    return this.reg('export', key, 'C:\\read.reg', '/y') ? readFileSync(this.path('read.reg')) : undefined;
  }

  /** The local policy as one text, the same for policies that mean the same. */
  fingerprint(): string {
    const file = this.export(paths.local);
    return fingerprintOf(file === undefined ? { keys: {} } : readRegFile(file));
  }

  /** Whether packets pass now, in the stand-in's judgement. */
  traffic(): Traffic {
    return new Traffic(this.registry());
  }

  setFaults(...faults: readonly Fault[]): void {
    writeFileSync(join(this.standin, 'faults.json'), JSON.stringify(faults));
  }

  /** All runs of netsh. */
  calls(): Call[] {
    return new CallLog(this.standin).read();
  }

  /** Forgets them; counting for `nth` starts anew. */
  forgetCalls(): void {
    rmSync(join(this.standin, 'calls.jsonl'), { force: true });
  }

  /** The lines in the agent's active-responses.log. */
  audit(): string[] {
    const file = join(this.agent, 'active-response', 'active-responses.log');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  }

  /** Kills the program of this Windows that has this word among its arguments. */
  kill(word: string): void {
    const pids = this.running(word);
    if (pids.length === 0) throw new Error(`nothing runs with ${word}`);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }

  /** Process ids of the workers that are at work, on this Linux. */
  workers(): number[] {
    return this.running('--worker');
  }

  private running(word: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => argumentsOf(pid).includes(word) && environmentOf(pid).includes(`WINEPREFIX=${this.prefix}`))
      .map(Number);
  }

  close(): void {
    spawnSync('wineserver', ['--kill'], { env: this.environment, stdio: 'ignore' });
    rmSync(this.prefix, { recursive: true, force: true, maxRetries: 20 });
  }

  private get environment(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    const overrides = 'mscoree,mshtml,winemenubuilder.exe=';
    return { PATH, HOME, WINEPREFIX: this.prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: overrides };
  }
}

const argumentsOf = (pid: string): string[] => readProcess(pid, 'cmdline');
const environmentOf = (pid: string): string[] => readProcess(pid, 'environ');

function readProcess(pid: string, file: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Which packets a policy lets through. */
export class Traffic {
  constructor(private readonly policy: RegistryTree) {}

  /** Throws where the answer differs between the profiles. */
  passes(direction: 'in' | 'out', remote: string, protocol: 'tcp' | 'udp' = 'tcp', remotePort = 443): boolean {
    const ports = direction === 'in' ? { localPort: 445, remotePort: 50_000 } : { localPort: 50_000, remotePort };
    const network = { dnsServers: [], dhcpServers: [], localSubnet: [] };
    const answers = (['domain', 'private', 'public'] as const).map(
      (profile) => verdictOn(this.policy, profile, { direction, protocol, remote, ...ports }, network).answer,
    );
    if (new Set(answers).size > 1) throw new Error(`the profiles differ: ${answers.join(', ')}`);
    return answers[0] === 'allowed';
  }

  /** The server is reached, and a stranger is not. */
  get isContained(): boolean {
    return !this.passes('out', '203.0.113.66') && this.passes('out', '10.0.0.5', 'udp', 1514);
  }
}

/** Gives every test as many of them as it asks for, and closes them behind it. */
export function useWindows(): () => Windows {
  const open: Windows[] = [];
  afterEach(() => {
    for (const windows of open.splice(0)) windows.close();
  });
  return () => {
    const windows = new Windows();
    open.push(windows);
    return windows;
  };
}
