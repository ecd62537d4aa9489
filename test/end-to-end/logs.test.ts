import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(emptyHost());
});
afterEach(() => endpoint.remove());

test('each step is logged with its duration, exit code and output, as JSON lines', async () => {
  endpoint.machine.setFaults({ kind: 'garble', encoding: 'cp866', tool: 'netsh' });
  await endpoint.run('ADD', '-', '192.0.2.50');
  const steps = endpoint.log().filter(({ command }) => command !== undefined);
  expect(steps.map(({ message }) => message)).toEqual(['backup', 'rules', 'block']);
  for (const step of steps) {
    expect(step).toMatchObject({
      exitCode: expect.any(Number),
      durationMs: expect.any(Number),
      output: expect.any(String),
    });
    expect(String(step.output)).toMatch(/^[\x20-\x7e\n]*$/);
  }
});

test('logs that cannot be written do not stop a containment', async () => {
  mkdirSync(join(endpoint.stateFolder, 'contain-host.log'), { recursive: true });
  mkdirSync(join(endpoint.home, 'active-response', 'active-responses.log'), { recursive: true });
  expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
});

test('a full log is put aside', async () => {
  const file = join(endpoint.stateFolder, 'contain-host.log');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'x'.repeat(6 * 1024 * 1024));
  await endpoint.run('ADD', '-', '192.0.2.50');
  expect(endpoint.stateFiles()).toContain('contain-host.log.1');
  expect(endpoint.log().at(-1)).toMatchObject({ message: 'outcome', status: 'add' });
});

test('a full log that cannot be put aside goes on', async () => {
  const file = join(endpoint.stateFolder, 'contain-host.log');
  mkdirSync(`${file}.1`, { recursive: true });
  writeFileSync(file, `${'x'.repeat(6 * 1024 * 1024)}\n`);
  await endpoint.run('ADD', '-', '192.0.2.50');
  expect(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)).toMatch(/"message":"outcome".*"status":"add"/);
});

test('a state folder that cannot be made is refused, and nothing is changed', async () => {
  writeFileSync(join(endpoint.programFiles, 'contain-host'), 'a file stands in the way');
  const before = endpoint.machine.fingerprint();
  expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 3 });
  const release = await endpoint.run('DELETE', '-', '-');
  expect(release).toMatchObject({ exitCode: 7 });
  expect(release.output).toMatch(/not completed\. Run "contain-host status" to see whether this host is contained/);
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test.each([
  [['ADD', '-'], /takes a user and an IP address/, /Usage: contain-host \(ADD\|DELETE\) user IP_Address/],
  [['BLOCK', '-', '192.0.2.50'], /"BLOCK" is no command/, /Usage: contain-host COMMAND, which is one of: contain, /],
  [['ADD', '-', '192.0.2.0/24'], /is not one plain IP address/, /Usage: contain-host \(ADD\|DELETE\) user IP_Address/],
])('%j is answered with what was wrong and how to call it, and a line', async (args, why, usage) => {
  const { exitCode, output } = await endpoint.run(...args);
  expect(exitCode).toBe(1);
  expect(output).toMatch(why);
  expect(output).toMatch(usage);
  expect(endpoint.statuses()).toEqual(['add-failed']);
});
