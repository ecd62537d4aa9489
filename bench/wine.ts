import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { waitUntilIdle } from '../fixtures/idle';
import type { Tool } from '../fixtures/standin/calls';
import { typicalHost } from '../fixtures/standin/hosts';
import { createMachine } from '../fixtures/standin/machine';
import { regFile } from '../fixtures/standin/reg-file';
import type { RegistryTree } from '../fixtures/standin/registry';
import { batchScriptCommands } from '../src/firewall/windows/batch-script';
import { cache } from './nodes';
import { type CallTimes, ToolPlayer } from './resident';
import { type Timing, timing } from './windows-pc';

const wine = resolve('test', 'wine', 'wine.sh');
const agentFolder = 'Program Files (x86)/ossec-agent';
const ossecPath = 'C:\\Program Files (x86)\\ossec-agent\\';
const server = '10.0.0.5';
const handler = '192.0.2.50';

/**
 * A Windows under Wine with an OSSEC agent, where the executable that ships runs as the agent starts it. Its netsh and
 * reg are tiny programs that this process plays, so that a call takes what a real one does; all else is Wine's.
 */
export class WinePc {
  private readonly prefix = mkdtempSync(join(cache, 'wine', 'pc-'));
  private readonly registry: RegistryTree = typicalHost().registry;
  private readonly machine;
  private readonly player: ToolPlayer;
  private agent: Socket | undefined;
  private answer: ((exitCode: number) => void) | undefined;
  private readonly listener = createServer((socket) => this.welcome(socket));

  constructor(times: CallTimes) {
    // Second links, because a copy takes 700 MB. Wine writes registry files in place, so those are copied.
    spawnSync('cp', ['--archive', '--link', `${join(cache, 'wine', 'prefix')}/.`, this.prefix]);
    for (const name of ['system.reg', 'user.reg', 'userdef.reg']) {
      rmSync(join(this.prefix, name));
      copyFileSync(join(cache, 'wine', 'prefix', name), join(this.prefix, name));
    }
    this.machine = createMachine(join(this.prefix, 'machine'), typicalHost());
    this.player = new ToolPlayer(this.machine.stateFolder, times);
  }

  /** Starts the agent. Ends with `close`. */
  async start(): Promise<this> {
    await new Promise<void>((done) => this.listener.listen(0, '127.0.0.1', done));
    const { port } = this.listener.address() as AddressInfo;
    // The service manager is Wine's, and is asked for the firewall's services.
    writeFileSync(this.path('host.reg'), regFile(this.registry, 'HKLM', 'HKLM'));
    this.wine('reg', 'import', 'C:\\host.reg');
    for (const tool of ['netsh.exe', 'reg.exe']) {
      this.wine('reg', 'add', 'HKCU\\Software\\Wine\\DllOverrides', '/v', tool, '/d', 'native', '/f');
    }
    for (const tool of ['netsh.exe', 'reg.exe']) this.place(join('windows', 'system32', tool), agentProgram);
    writeFileSync(this.path('windows/system32/bench-port.txt'), String(port));
    this.place('agent.exe', agentProgram);
    const bin = join(agentFolder, 'active-response', 'bin');
    mkdirSync(this.path(bin), { recursive: true });
    this.place(join(bin, 'contain-host.exe'), resolve('dist', 'contain-host.exe'));
    writeFileSync(this.path(join(agentFolder, 'VERSION.txt')), 'OSSEC HIDS v4.3\r\n');
    writeFileSync(this.path('contain-me.cmd'), batchScript());
    const options = { cwd: this.path(agentFolder), env: this.environment, stdio: 'ignore' } as const;
    const arrived = new Promise<void>((done) => this.listener.on('agent', done));
    spawn(wine, ['C:\\agent.exe', String(port)], options);
    await arrived;
    return this;
  }

  /** An order by the executable. `client`: what stands in the client section of ossec.conf. */
  async runOurs(client: string, settings: object = {}): Promise<Timing> {
    await this.reset(client, settings);
    return this.run(`"active-response/bin/contain-host.exe" add - ${handler} (from_the_server) (no_rule_id)`, 2);
  }

  async runBatchScript(): Promise<Timing> {
    await this.reset(`<server-ip>${server}</server-ip>`, {});
    return this.run('cmd.exe /c C:\\contain-me.cmd', 3);
  }

  close(): void {
    this.agent?.destroy();
    this.listener.close();
    spawnSync('wineserver', ['--kill'], { env: this.environment, stdio: 'ignore' });
    rmSync(this.prefix, { recursive: true, force: true, maxRetries: 20 });
  }

  /** As it was before any order. */
  private async reset(client: string, settings: object): Promise<void> {
    await waitUntilIdle(`WINEPREFIX=${this.prefix}`, 'contain-host.exe');
    this.machine.change((tree) => {
      tree.keys = structuredClone(this.registry.keys);
    });
    rmSync(this.path('Program Files/contain-host'), { recursive: true, force: true });
    rmSync(this.path(join(agentFolder, 'fw-backup.wfw')), { force: true });
    mkdirSync(this.path(join(agentFolder, 'shared')), { recursive: true });
    writeFileSync(this.path(join(agentFolder, 'shared', 'contain-host.json')), JSON.stringify(settings));
    const configuration = `<ossec_config>\r\n  <client>\r\n    ${client}\r\n  </client>\r\n</ossec_config>\r\n`;
    writeFileSync(this.path(join(agentFolder, 'ossec.conf')), configuration);
  }

  private async run(commandLine: string, others: number): Promise<Timing> {
    this.machine.forgetCalls();
    const ended = new Promise<number>((done) => {
      this.answer = done;
    });
    const startedAt = Date.now();
    this.agent?.write(`${commandLine}\n`);
    const exitCode = await ended;
    if (exitCode !== 0) throw new Error(`${commandLine} ended with ${exitCode}`);
    return timing(startedAt, Date.now(), this.machine.calls(), others);
  }

  /** The agent says so once; a tool says its name, one argument a line, and an empty line. */
  private welcome(socket: Socket): void {
    const lines: string[] = [];
    socket.setNoDelay(true).on('error', () => {});
    createInterface(socket).on('line', async (line) => {
      if (socket === this.agent) this.answer?.(Number(line));
      else if (lines.length === 0 && line === 'agent') {
        this.agent = socket;
        this.listener.emit('agent');
      } else if (line !== '') lines.push(line);
      else {
        const [tool, ...argv] = lines;
        const exitCode = await this.player.play(tool as Tool, argv, (argument) => this.here(argument));
        socket.end(`${exitCode}\n`);
      }
    });
  }

  /** A path of that Windows as this Linux knows it; any other argument as it is. */
  private here(argument: string): string {
    return /^C:\\/i.test(argument) ? this.path(argument.slice(3).replaceAll('\\', '/')) : argument;
  }

  private path(file: string): string {
    return join(this.prefix, 'drive_c', file);
  }

  private place(file: string, from: string): void {
    rmSync(this.path(file), { force: true });
    copyFileSync(from, this.path(file));
  }

  private wine(...args: readonly string[]): void {
    spawnSync(wine, args, { env: this.environment, stdio: 'ignore' });
  }

  private get environment(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    const overrides = 'mscoree,mshtml,winemenubuilder.exe=';
    return { PATH, HOME, WINEPREFIX: this.prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: overrides };
  }
}

/** What plays netsh, reg and the agent there. */
const agentProgram = join(cache, 'wine', 'bench-agent.exe');

/** Compiles that program. */
export function makeAgentProgram(): void {
  const source = resolve('bench', 'native', 'agent.c');
  const args = ['-O1', '-s', '-municode', '-o', agentProgram, source, '-lws2_32'];
  const { status } = spawnSync('x86_64-w64-mingw32-gcc', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('bench/native/agent.c cannot be compiled: sh scripts/ci/install-windows-tools.sh');
}

/** The script's two searches, and then its calls of netsh. */
function batchScript(): string {
  const quoted = (word: string): string => (word.includes(' ') ? word.replace(/^([^=]*=)?(.*)$/, '$1"$2"') : word);
  const searches = [
    `%WINDIR%\\system32\\findstr.exe /R "<server-ip>.*</server-ip>" "${ossecPath}ossec.conf" >nul`,
    `echo "${handler}" | %WINDIR%\\system32\\findstr.exe /R "\\." >nul`,
  ];
  const calls = batchScriptCommands('add', ossecPath, server, handler).map(([, ...args]) =>
    ['%WINDIR%\\system32\\netsh.exe', ...args.map(quoted)].join(' '),
  );
  return ['@echo off', ...searches, ...calls, 'exit /B 0', ''].join('\r\n');
}
