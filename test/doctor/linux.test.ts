import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check } from '../../src/doctor/check';

const program = join(__dirname, '../../dist/contain-host.js');
const isRoot = process.getuid?.() === 0;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'doctor home '));
  for (const folder of ['etc/shared', 'var/run', 'logs', 'active-response/bin'])
    mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(
    join(home, 'etc/ossec.conf'),
    `<ossec_config><client><server-ip>10.0.0.5</server-ip></client>
     <localfile><location>/var/ossec/logs/active-responses.log</location></localfile></ossec_config>`,
  );
  writeFileSync(
    join(home, 'etc/shared/ar.conf'),
    'contain-host0 - contain-host - 0\nrelease-host0 - release-host - 0\n',
  );
  writeFileSync(join(home, 'logs/active-responses.log'), '');
  for (const name of ['contain-host', 'release-host']) writeFileSync(join(home, 'active-response/bin', name), '');
  for (const name of ['agentd', 'execd']) writeFileSync(join(home, 'var/run', `ossec-${name}-${process.pid}.pid`), '');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Answer {
  readonly exitCode: number;
  readonly output: string;
}

const run = (args: readonly string[], user = {}): Promise<Answer> =>
  new Promise((resolve) => {
    const options = { cwd: '/', env: { OSSECPATH: home }, ...user };
    execFile(process.execPath, [program, 'doctor', ...args], options, (error, stdout, stderr) =>
      resolve({ exitCode: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });

interface Report {
  version: number;
  verdict: string;
  checks: Check[];
}
const examine = async (): Promise<Report> => JSON.parse((await run(['--json'])).output) as Report;
const verdictsOf = ({ checks }: Report, name: string): string[] =>
  checks.filter(({ check }) => check === name).map(({ verdict }) => verdict);

test('a Linux host is looked at in the same way, and the exit code tells whether there are problems', async () => {
  const { exitCode, output } = await run(['--json']);
  const report = JSON.parse(output) as Report;
  expect(report.version).toBe(1);
  expect(verdictsOf(report, 'elevation')).toEqual([isRoot ? 'ok' : 'problem']);
  for (const name of ['agent-home', 'agent-service', 'servers', 'active-response', 'answer-log', 'settings'])
    expect([name, ...verdictsOf(report, name)]).toEqual([name, 'ok']);
  expect(verdictsOf(report, 'commands')).toEqual(['ok', 'ok']);
  expect(report.checks.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['nft', 'flock', 'ip', 'tc', 'bridge', 'restart', 'disk', 'plan']),
  );
  expect(report.checks.find(({ check }) => check === 'agent-home')?.found).toContain('OSSECPATH');
  expect(report.checks.map(({ check }) => check)).not.toContain('firewall-services');
  const worst = report.checks.some(({ verdict }) => verdict === 'problem') ? 6 : 0;
  expect(exitCode).toBe(worst);
});

test('an agent of which a part has gone, a folder that anybody can change, and a command that is missing are problems', async () => {
  rmSync(join(home, 'var/run', `ossec-execd-${process.pid}.pid`));
  chmodSync(join(home, 'active-response/bin'), 0o777);
  writeFileSync(join(home, 'etc/shared/ar.conf'), '');
  const report = await examine();
  expect(report.verdict).toBe('problem');
  expect(verdictsOf(report, 'agent-service')).toEqual(['problem']);
  expect(verdictsOf(report, 'folders')).toContain('problem');
  expect(verdictsOf(report, 'commands')).toEqual(['problem', 'warning']);
});

test('a log file that is not there is told: the agent would give it up', async () => {
  rmSync(join(home, 'logs/active-responses.log'));
  const { checks } = await examine();
  expect(checks.filter(({ check }) => check === 'answer-log')).toEqual([
    expect.objectContaining({ verdict: 'warning', found: expect.stringContaining('is not there') as string }),
  ]);
});

test('of nft it tells the version, and of a unit that is not there what a restart would do', async () => {
  const { checks } = await examine();
  expect(checks.find(({ check }) => check === 'nft')?.found).toMatch(/nftables v\d|is not in/);
  for (const tool of ['ip', 'tc', 'bridge'])
    expect(checks.find(({ check }) => check === tool)?.found).toMatch(/utility|is not in/);
  expect(checks.find(({ check }) => check === 'restart')?.found).toContain('contain-host.service');
});

test('people read what was found and what to do', async () => {
  rmSync(home, { recursive: true });
  const { exitCode, output } = await run([]);
  expect(exitCode).toBe(6);
  expect(output).toMatch(/^PROBLEM +agent-home .*\n +-> Put this program into the agent's/m);
  expect(output).toMatch(/NOT work here/);
  expect(output).not.toContain('\u001b');
});

test('without rights it says so, and does not fail', async () => {
  chmodSync(home, 0o755);
  const { exitCode, output } = await run(['--json'], isRoot ? { uid: 65_534, gid: 65_534 } : {});
  expect(exitCode).toBe(6);
  expect(verdictsOf(JSON.parse(output) as Report, 'elevation')).toEqual(['problem']);
  expect(verdictsOf(JSON.parse(output) as Report, 'plan')).toEqual(['warning']);
});

test('arguments that it does not know are refused', async () => {
  expect(await run(['--now'])).toMatchObject({ exitCode: 1, output: expect.stringContaining('Usage:') });
});
