import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

const request = JSON.stringify({ action: 'add', dialect: 'ossec', requestedBy: 'operator', address: '192.0.2.50' });

test.each([
  ['the process that the agent starts', ['ADD', '-', '192.0.2.50']],
  ['its worker', ['--worker', request]],
])('%s makes no stream for standard output and error, whatever those handles are', (_, args) => {
  const made = join(endpoint.folder, 'made');
  const trap = join(endpoint.folder, 'trap.cjs');
  // In their place: where Node would make one, there is a file afterwards.
  writeFileSync(
    trap,
    `for (const name of ['stdout', 'stderr'])
       Object.defineProperty(process, name, {
         configurable: true,
         get: () => void require('fs').appendFileSync(${JSON.stringify(made)}, name),
       });`,
  );
  const program = join(endpoint.home, 'active-response', 'bin', 'contain-host.js');
  const { status } = spawnSync(process.execPath, ['--require', trap, program, ...args], {
    env: endpoint.environment(),
  });
  expect(status).toBe(0);
  expect(existsSync(made)).toBe(false);
});
