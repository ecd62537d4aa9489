import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, timeouts } from '../../src/host';
import { runInWorker } from '../../src/order/run-in-worker';

test('a worker that has told its outcome is not waited for: a look-up keeps Node alive for half a minute', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'worker-'));
  const [fifo, ended] = [join(folder, 'go'), join(folder, 'ended')];
  execFileSync('mkfifo', [fifo]);
  const outcome = { exitCode: 0, message: 'Contained. {}', status: 'add', words: [] };
  const script = `printf '%s' '${JSON.stringify(outcome)}'; read -r line < '${fifo}'; touch '${ended}'`;
  const host: Host = {
    platform: 'windows',
    env: { ...process.env, ProgramFiles: folder, SystemRoot: folder },
    program: '/bin/sh',
    command: ['/bin/sh', '-c', script],
    name: 'contain-host',
    timeouts,
  };
  const request = { action: 'add', dialect: 'ossec', requestedBy: 'operator', address: '192.0.2.50' } as const;
  expect(await runInWorker(host, request)).toEqual(outcome);
  expect(existsSync(ended)).toBe(false);
  writeFileSync(fifo, 'end\n');
});
