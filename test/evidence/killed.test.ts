import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { readEvidence } from '../../src/evidence/read';
import { EvidencePc, wrongFiles } from './taken';

let pc: EvidencePc;
beforeEach(() => {
  pc = new EvidencePc();
  pc.install('netstat.exe', 'echo begun; sleep 0.1; echo ended');
  pc.install('driverquery.exe', 'echo begun; sleep 0.1; echo ended');
});
afterEach(() => pc.remove());

const program = resolve(__dirname, '../../dist/standin/contain-host.js');

test.each([
  ['begun to write', 'unfinished/connections.txt', 0],
  ['put the first file in its place', 'first/connections.txt', undefined],
  ['closed the first stage', 'first/manifest.json', 1],
  ['begun the second stage', 'unfinished/drivers.csv', 1],
  ['closed the second stage', 'second/manifest.json', 2],
])('killed when it has %s, a snapshot claims nothing that is not there whole', async (_when, file, closed) => {
  pc.makeFolders();
  const env = { ...pc.host().env, STANDIN_PATIENCE: JSON.stringify({ evidenceOrder: 0, evidencePause: 0 }) };
  const child = spawn(process.execPath, [program, '--snapshot', pc.task], { stdio: 'ignore', env });
  const ended = new Promise((done) => child.on('exit', done));
  while (!existsSync(join(pc.place, file)) && child.exitCode === null) await immediate();
  child.kill('SIGKILL');
  await ended;
  expect(existsSync(join(pc.place, file))).toBe(true);
  expect(wrongFiles(pc.state)).toEqual([]);
  const { snapshots, problems } = readEvidence(pc.state);
  expect(problems).toEqual([]);
  const stages = [snapshots[0]?.first, snapshots[0]?.second].filter((stage) => stage !== undefined).length;
  if (closed !== undefined) expect(stages).toBeGreaterThanOrEqual(closed);
});
