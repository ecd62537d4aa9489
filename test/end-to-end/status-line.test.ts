import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

const line = async (timeouts: { line?: number } = {}): Promise<string> => {
  const { exitCode, stdout, stderr } = await endpoint.call({ args: ['status', '--line'], timeouts });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^\{"contain_host":\{[^\n]*\}\}\n$/);
  return stdout.trim();
};
const released = '{"contain_host":{"state":"released"}}';

test('released, contained, opened by somebody else, contained again, released', async () => {
  expect(await line()).toBe(released);
  await endpoint.run('ADD', '-', '192.0.2.50', 'case=77');
  const contained = await line();
  expect(contained).toMatch(/^\{"contain_host":\{"state":"contained","since":"\d{4}-[^"]+Z","case":"77"\}\}$/);
  expect(await line()).toBe(contained);
  spawnSync(join(endpoint.machine.system32, 'netsh.exe'), ['advfirewall', 'import', endpoint.backup]);
  expect(await line()).toMatch(/"state":"opened"/);
  await endpoint.run('ADD', '-', '192.0.2.50', 'case=77');
  expect(await line()).toMatch(/"state":"contained"/);
  await endpoint.run('DELETE', '-', '-');
  expect(await line()).toBe(released);
});

test('a gap changes the line, and names what it is', async () => {
  await endpoint.run('ADD', '-', '192.0.2.50');
  endpoint.machine.addRule(
    '{new}',
    'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8443|RA4=203.0.113.9|Name=Payroll|',
  );
  expect(await line()).toMatch(/"state":"degraded".*"gaps":"foreign-rule"/);
});

test('what cannot be judged in time is unknown', async () => {
  await endpoint.run('ADD', '-', '192.0.2.50');
  endpoint.machine.setFaults({ kind: 'hang', tool: 'reg', match: 'export' });
  expect(await line({ line: 1000 })).toBe('{"contain_host":{"state":"unknown"}}');
});
