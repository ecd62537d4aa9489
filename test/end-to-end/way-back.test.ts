import { readFileSync, writeFileSync } from 'node:fs';
import { Endpoint, type Result } from '../../fixtures/endpoint';
import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

/**
 * The way back of a first ADD, and the import of a release, when the file at hand is not to be trusted or not to be
 * used.
 */
let endpoint: Endpoint;
let before = '';
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
  before = endpoint.machine.fingerprint();
});
afterEach(() => endpoint.remove());

const add = () => endpoint.run('ADD', '-', '192.0.2.50');

/** An ADD that fails at its block. While its script runs, `meddle` has its way. */
async function failAfter(meddle: () => void): Promise<Result> {
  endpoint.machine.setFaults(
    { kind: 'fail', match: 'policy', tool: 'netsh' },
    { kind: 'held', match: 'script', tool: 'netsh' },
  );
  const order = add();
  while (!endpoint.machine.calls().some(({ faults }) => faults.length > 0))
    await new Promise((resolve) => setTimeout(resolve, 20));
  meddle();
  endpoint.machine.setFaults({ kind: 'fail', match: 'policy', tool: 'netsh' });
  return order;
}

/** A sound policy file, of a host without any rules. */
async function backupOfAnother(): Promise<Buffer> {
  const other = new Endpoint(emptyHost(), udpServer);
  try {
    await other.run('ADD', '-', '192.0.2.50');
    return readFileSync(other.backup);
  } finally {
    other.remove();
  }
}

test.each<[string, () => Promise<Buffer>]>([
  ['the backup of another host', backupOfAnother],
  ['junk', async () => Buffer.from('quarantined')],
])('a failed ADD gives the policy back from the second copy when the first one has become %s', async (_what, make) => {
  const content = await make();
  const { exitCode, output } = await failAfter(() => writeFileSync(endpoint.backup, content));
  expect(exitCode).toBe(4);
  expect(output).toMatch(/is in force again\. This host is NOT contained/);
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test('a failed ADD names the rules that Windows had left out of its own export', async () => {
  const rules = Object.keys(endpoint.machine.rules()).length;
  endpoint.machine.setFaults(
    { kind: 'fail', match: 'policy', tool: 'netsh' },
    { kind: 'hollow-export', rules: rules - 2, match: 'export', tool: 'netsh' },
  );
  const { exitCode, output } = await add();
  expect(exitCode).toBe(4);
  expect(output.match(/the rule ".+?" is gone: Windows had left it out/g)).toHaveLength(2);
});

test('a release that finds the policy back already names the rules that Windows had left out', async () => {
  const rules = Object.keys(endpoint.machine.rules()).length;
  endpoint.machine.setFaults({ kind: 'hollow-export', rules: rules - 2, match: 'export', tool: 'netsh' });
  await add();
  endpoint.machine.setFaults({ kind: 'commit-and-fail', match: 'import', tool: 'netsh' });
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 7 });
  endpoint.machine.setFaults();
  const { exitCode, output } = await endpoint.run('DELETE', '-', '-');
  expect(exitCode).toBe(0);
  expect(output).toMatch(/in force already/);
  expect(output.match(/the rule ".+?" is gone: Windows had left it out/g)).toHaveLength(2);
});

test('a backup that cannot be imported from its place is imported from the other one', async () => {
  await add();
  endpoint.machine.setFaults({ kind: 'fail', match: endpoint.backup, tool: 'netsh' });
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(before);
});
