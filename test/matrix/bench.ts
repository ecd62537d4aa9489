import { spawn } from 'node:child_process';
import { cpSync, existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Endpoint, unhurried } from '../../fixtures/endpoint';
import { type Plan, planVariable } from '../../fixtures/interpose/plan';
import { runWithin } from '../../fixtures/interpose/within';
import { removeFolder } from '../../fixtures/remove-folder';
import { typicalHost } from '../../fixtures/standin/hosts';
import { type HostDescription, Machine } from '../../fixtures/standin/machine';
import { ensureKey, localRulesPath, paths } from '../../fixtures/standin/registry';
import { status } from '../../src/commands/status';
import { type Host, timeouts } from '../../src/host';
import { carryOut } from '../../src/order/carry-out';
import type { Outcome } from '../../src/outcome/outcome';
import { parseOssecArguments } from '../../src/request/ossec';
import type { Request } from '../../src/request/request';

const interposer = resolve(__dirname, '../../dist/standin/interpose.js');

/** Over UDP no connection is tried, so nothing depends on the network that the tests run in. */
export const udpServer = '<server><address>10.0.0.5</address><protocol>udp</protocol></server>';

/** Nobody changes these. */
const programs = /\.(js|exe)$/;

/** Files that are synced often and thrown away soon are quickest in memory. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export type Order = readonly [verb: 'ADD' | 'DELETE', user: string, address: string, rest?: string];
export const add: Order = ['ADD', '-', '192.0.2.50'];
export const addOther: Order = ['ADD', '-', '192.0.2.51'];
export const release: Order = ['DELETE', '-', '-'];

/** How a worker ended; without an outcome it was killed, or it broke. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly outcome: Outcome | undefined;
  /** What it wrote to standard error: nothing, unless Node ended it. */
  readonly complaint: string;
  /** Whether the call that the plan is about was made; of a process of its own that is not known. */
  readonly isMet?: boolean;
}

export interface Status {
  readonly state: string;
  readonly gaps: readonly { readonly code: string }[];
  readonly backup?: { readonly file: string; readonly good: boolean };
}

/** A host with the program installed, in a folder that can be copied with all that has happened on it. */
export class Bench {
  readonly machine: Machine;
  readonly home: string;
  readonly stateFolder: string;

  private constructor(readonly folder: string) {
    this.machine = new Machine(folder);
    this.home = join(folder, 'Program Files (x86)', 'ossec-agent');
    this.stateFolder = join(folder, 'Program Files', 'contain-host', 'state');
  }

  static create(description: HostDescription = smallHost(), server = udpServer): Bench {
    return new Bench(new Endpoint(description, server, mkdtempSync(join(scratch, 'bench-'))).folder);
  }

  /** The journal names its files by their full path. */
  copy(): Bench {
    const folder = mkdtempSync(join(scratch, 'bench-'));
    cpSync(this.folder, folder, { recursive: true, filter: (file) => !programs.test(file) });
    for (const file of readdirSync(this.folder, { recursive: true, encoding: 'utf8' }))
      if (programs.test(file)) linkSync(join(this.folder, file), join(folder, file));
    const copy = new Bench(folder);
    const journal = join(copy.stateFolder, 'journal.jsonl');
    if (existsSync(journal)) writeFileSync(journal, readFileSync(journal, 'utf8').replaceAll(this.folder, folder));
    return copy;
  }

  /** Runs the worker as the process that the agent starts does. */
  async work(order: Order, plan: Partial<Plan> = {}): Promise<Ended> {
    const { stdout, ...ended } = await this.start(['--worker', JSON.stringify(requestOf(order))], plan);
    return { ...ended, outcome: parse<Outcome>(stdout) };
  }

  async status(): Promise<Status> {
    const { stdout, exitCode, signal, complaint } = await this.start(['status', '--json'], {}, 'close');
    const said = parse<Status>(stdout);
    return said ?? { state: `none, but ${exitCode ?? signal}: ${stdout}${complaint}`, gaps: [] };
  }

  /**
   * As `work`, but within this process, which costs a tenth. `watchRuns` must be on. With `giveUpMs` it is stopped
   * after that time, if it still runs; then there is neither exit code nor signal.
   */
  async workWithin(order: Order, plan: Partial<Plan> = {}, giveUpMs?: number): Promise<Ended> {
    const request = requestOf(order);
    const isHanging = plan.toolFault?.kind.includes('hangs') === true;
    const host = isHanging ? { ...this.host, timeouts: { ...this.host.timeouts, ...impatience } } : this.host;
    const { result, end, isMet } = await runWithin(this.wholePlan(plan), () => carryOut(host, request), giveUpMs);
    const signal = end === 'killed' ? 'SIGKILL' : null;
    return { exitCode: result?.exitCode ?? null, signal, outcome: result, complaint: '', isMet };
  }

  async statusWithin(plan: Partial<Plan> = {}): Promise<Status> {
    const { said } = await runWithin(this.wholePlan(plan), () => status(this.host, ['--json']));
    return parse<Status>(said) ?? { state: `none: ${said}`, gaps: [] };
  }

  private wholePlan(plan: Partial<Plan>): Plan {
    return { folder: this.folder, tools: 'inside', ...plan };
  }

  private get program(): string {
    return join(this.home, 'active-response', 'bin', 'contain-host.js');
  }

  private get env() {
    return {
      SystemRoot: this.machine.systemRoot,
      ProgramFiles: join(this.folder, 'Program Files'),
      'ProgramFiles(x86)': join(this.folder, 'Program Files (x86)'),
      TMPDIR: this.folder,
    };
  }

  private get host(): Host {
    return {
      platform: 'windows',
      env: this.env,
      program: this.program,
      command: [process.execPath, this.program],
      name: 'contain-host',
      timeouts: { ...timeouts, ...quick },
    };
  }

  /** What outlives a worker may keep its pipes: then its `exit` has to do for an end. */
  private start(args: readonly string[], plan: Partial<Plan>, end: 'exit' | 'close' = 'exit') {
    const whole = this.wholePlan(plan);
    const command = [process.execPath, '--require', interposer, this.program, ...args] as const;
    // The peak of a process begins with the memory of the one that started it: let that be a small one where it is
    // measured.
    const small = ['/bin/sh', '-c', '"$@"; exit $?', 'sh', ...command] as const;
    const [program, ...words] = plan.effort === undefined ? command : small;
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      cwd: '/',
      env: {
        ...this.env,
        STANDIN_PATIENCE: JSON.stringify(quick),
        [planVariable]: JSON.stringify(whole),
      },
    });
    let stdout = '';
    let complaint = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (complaint += chunk));
    return new Promise<Omit<Ended, 'outcome'> & { stdout: string }>((done) => {
      child.on(end, (exitCode, signal) => setImmediate(() => done({ exitCode, signal, complaint, stdout })));
    });
  }

  /** The names of all calls that an order makes, in order, until its outcome is told. */
  async record(order: Order, plan: Partial<Plan> = {}): Promise<string[]> {
    const file = join(this.folder, 'record');
    rmSync(file, { force: true });
    await this.work(order, { ...plan, record: file });
    const calls = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return calls.slice(0, calls.indexOf('writeSync stdout #1') + 1);
  }

  /** All that a later run can find, without the times: the same for two hosts that will go on alike. */
  digest(): string {
    const parts = [this.machine.fingerprint()];
    for (const folder of [this.home, this.stateFolder]) {
      for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
        if (/\.log$|^active-response$|^reading-|^reserve-|^evidence$/.test(name)) continue;
        const path = join(folder, name);
        const content = /^shared/.test(name) ? '' : readFileSync(path, 'latin1');
        parts.push(`${name} ${/\.wfw$/.test(name) ? content.length : content}`);
      }
    }
    return parts
      .join('\n')
      .replaceAll(this.folder, '')
      .replace(/"time":"[^"]*"|\d{8}T\d{9}Z|reading-\w{6}|[0-9a-f]{64}/g, '');
  }

  remove(): void {
    removeFolder(this.folder);
  }
}

/** A small host whose domain opens doors in both directions and every profile, by its defaults and by rules. */
export function managedHost(): HostDescription {
  const { registry, ...rest } = smallHost();
  for (const profile of ['DomainProfile', 'PrivateProfile', 'PublicProfile']) {
    const settings = { EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 0 };
    Object.assign(ensureKey(registry, `${paths.gpo}\\${profile}`), settings);
  }
  Object.assign(ensureKey(registry, `${paths.gpo}\\FirewallRules`), {
    '{A1}': 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|Name=Files|',
    '{A2}': 'v2.30|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|Name=Web|',
  });
  return { registry, ...rest };
}

/** A typical host with few rules: what is done to them is the same. */
function smallHost(): HostDescription {
  const { registry, ...rest } = typicalHost();
  const rules = ensureKey(registry, localRulesPath);
  registry.keys[localRulesPath] = Object.fromEntries(Object.entries(rules).filter((_, index) => index % 16 === 0));
  return { registry, ...rest };
}

/** What hangs is given up soon. */
const impatience = { netsh: 2000, script: 2000, reg: 2000, adapters: 2000 };

/** What Windows writes late, the stand-in writes at once. */
const quick = { ...unhurried, adapters: 60_000, dns: 500, lock: 10_000, settle: 10, proofAfter: 0 };

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** Works through the items, so many at a time. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items];
  const workers = Array.from({ length: limit }, async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  });
  await Promise.all(workers);
}

function requestOf(order: Order): Request {
  const understood = parseOssecArguments(order.map(String));
  if (understood?.kind !== 'order') throw new Error(`no order: ${order.join(' ')}`);
  return understood.request;
}
