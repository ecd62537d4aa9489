import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { version as nodeVersion, platforms } from '../scripts/package/node.json';
import type { Table } from './report';
import { interleave, show } from './samples';
import { newPc } from './windows-pc';

const mebibyte = 1024 * 1024;

/** The most memory that one process had at once, in MiB, as it says itself when it ends. */
function peak(args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const folder = mkdtempSync(join(tmpdir(), 'peak-'));
  const file = join(folder, 'peak');
  try {
    const { status } = spawnSync(process.execPath, ['--require', resolve('bench', 'peak.cjs'), ...args], {
      env: { ...env, PEAK_FILE: file },
      stdio: 'ignore',
    });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
    return Number(readFileSync(file, 'utf8')) / 1024;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The worker of an ADD on a PC with so many rules: the process that holds most. */
function peakOfWorker(rules: number): number {
  const { endpoint: pc } = newPc(rules, 0);
  const request = { action: 'add', dialect: 'ossec', requestedBy: 'operator', address: '192.0.2.50' };
  try {
    return peak([join(pc.home, 'active-response', 'bin', 'contain-host.js'), '--worker', JSON.stringify(request)], {
      SystemRoot: pc.machine.systemRoot,
      ProgramFiles: pc.programFiles,
      'ProgramFiles(x86)': dirname(pc.home),
    });
  } finally {
    pc.remove();
  }
}

/** `rules`: sizes of policy for which the worker is measured. */
export async function memory(rules: readonly number[], runs: number): Promise<Table> {
  const bundle = resolve('dist', 'contain-host.js');
  const results = await interleave(
    {
      'bare Node': () => peak(['-e', '0']),
      'contain-host --version': () => peak([bundle, '--version']),
      ...Object.fromEntries(rules.map((count) => [`worker of ADD, ${count} rules`, () => peakOfWorker(count)])),
    },
    runs,
  );
  return {
    title: 'Memory',
    note: `MiB at the most, on Linux with Node ${process.versions.node}.`,
    columns: ['', 'peak'],
    rows: Object.entries(results).map(([name, samples]) => [name, show(samples)]),
  };
}

/** What `npm run package` has made, as far as it is there. */
export function sizes(): Table {
  const base = (platform: keyof typeof platforms): string =>
    join(
      'node_modules',
      '.cache',
      'contain-host',
      `${platforms[platform].package}-${nodeVersion}`,
      platforms[platform].executable,
    );
  const files: [name: string, file: string][] = [
    [`Node ${nodeVersion} for Windows`, base('win32-x64')],
    ['contain-host.exe', join('dist', 'contain-host.exe')],
    ['contain-host.msi', join('dist', 'contain-host.msi')],
    [`Node ${nodeVersion} for Linux`, base('linux-x64')],
    ['contain-host', join('dist', 'contain-host')],
  ];
  return {
    title: 'Size',
    columns: ['', 'MiB'],
    rows: files
      .filter(([, file]) => existsSync(file))
      .map(([name, file]) => [name, (statSync(file).size / mebibyte).toFixed(1)]),
  };
}
