import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LookUp } from '../../src/agent/resolve';
import { type AgentServers, readAgentServers } from '../../src/agent/servers';
import { type Host, timeouts } from '../../src/host';
import { Failure } from '../../src/outcome/failure';

export const windows: Host = {
  platform: 'windows',
  env: {},
  program: '/nowhere/active-response/bin/contain-host.exe',
  command: ['/nowhere/contain-host.exe'],
  name: 'contain-host',
  timeouts,
};

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A fresh folder with these files in it, named by their paths. It is gone after the tests of a file. */
export function newFolder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent '));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** Nothing resolves. */
export const noDns: LookUp = async () => [];

/** What comes of a home: the servers as `address|port|protocols`, or the code of the failure. */
export async function outcomeAt(home: string, lookUp = noDns): Promise<string[] | string> {
  try {
    return describeServers(await readAgentServers(windows, home, lookUp));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code;
  }
}

/** As `outcomeAt`, for a home that holds only this configuration. */
export async function outcomeOf(conf: string | Buffer, lookUp = noDns): Promise<string[] | string> {
  home ??= newFolder();
  writeFileSync(join(home, 'ossec.conf'), conf);
  return outcomeAt(home, lookUp);
}

let home: string | undefined;

export function describeServers({ servers }: AgentServers): string[] {
  return servers.map(({ address, port, protocols }) => `${address.text}|${port}|${[...protocols].sort().join('+')}`);
}

/** A client section in a root of its own. */
export function client(inner: string): string {
  return `<ossec_config><client>${inner}</client></ossec_config>`;
}
