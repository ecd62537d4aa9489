import { readdirSync, readFileSync } from 'node:fs';
import { Endpoint, type Result } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import type { Timeouts } from '../../src/host';
import { type AuditEntry, auditLine, type Status } from '../../src/outcome/output/audit';
import { kindOf, type Product, readTestLines } from './rules';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(emptyHost());
});
afterEach(() => endpoint.remove());

interface How {
  readonly address?: string;
  readonly alert?: boolean;
  readonly timeouts?: Partial<Timeouts>;
}

function order(
  verb: 'add' | 'delete',
  { address = '192.0.2.50', alert = false, timeouts = {} }: How = {},
): Promise<Result> {
  const rest = alert ? '1770113472.4242 5710 (pc) any->log (null)' : 'case=77 (from_the_server) (no_rule_id)';
  return endpoint.call({ args: [verb, '-', address, rest], timeouts });
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came to that; the log says:\n${endpoint.audit().join('\n')}`);
}

/** Waits for the line that the worker writes when the process that started it has gone. */
const untilLine = (text: RegExp): Promise<void> => until(() => text.test(endpoint.audit().at(-1) ?? ''));

/** Waits for the stand-in to hang, then kills the worker with all that it started. */
async function killWorkerWhileHanging(): Promise<void> {
  await until(() => endpoint.machine.calls().some(({ faults }) => faults.length > 0));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (command.includes('--worker') && command.includes(endpoint.folder)) process.kill(-Number(pid), 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}

/** Ways to fail that change nothing in the end. */
async function fail(): Promise<void> {
  await order('add', { address: '127.0.0.1' });
  await order('delete');
  endpoint.machine.setFaults({ kind: 'fail', match: 'policy' });
  await order('add');
  endpoint.machine.setFaults({ kind: 'fail', match: 'policy' }, { kind: 'fail', match: 'import' });
  await order('add');
  endpoint.machine.setFaults();
  await order('delete');
}

/** From an alert's containment, that takes long, to an operator's, with gaps, and not enforced. */
async function contain(): Promise<void> {
  const { machine } = endpoint;
  machine.setFaults({ kind: 'held', match: 'policy', nth: 1 });
  await order('add', { alert: true, address: '203.0.113.7', timeouts: { worker: 2000 } });
  machine.setFaults();
  await untilLine(/bin\/contain-host\.exe add -|"status":"add"/);
  machine.addRule('{g}', 'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=2|App=System|Name=IGMP|', 'gpo');
  await order('add');
  await order('delete', { alert: true });
  machine.removeRule('{g}', 'gpo');
  machine.setProfileValue('public', 'EnableFirewall', 0, 'gpo');
  await order('add');
  await order('delete', { alert: true });
}

/** A release that fails, one that takes long while somebody else asks, and a containment that dies. */
async function release(): Promise<void> {
  const { machine } = endpoint;
  machine.setFaults({ kind: 'fail', match: 'import' });
  await order('delete');
  machine.setFaults({ kind: 'held', match: 'import' });
  await order('delete', { timeouts: { worker: 3000 } });
  await order('delete', { timeouts: { lock: 1 } });
  machine.setFaults();
  await untilLine(/bin\/contain-host\.exe delete -/);
  machine.forgetCalls();
  machine.setFaults({ kind: 'hang', match: 'policy' });
  await Promise.all([order('add', { timeouts: { worker: 60_000 } }), killWorkerWhileHanging()]);
}

test('every kind of line that the program writes is in the test file', async () => {
  for (const act of [fail, contain, release]) await act();
  const written = endpoint.audit().map(kindOf);
  for (const line of written) expect(readTestLines('ossec').map((known) => kindOf(known.line))).toContain(line);
  // The less common ends were come to, and not missed in time.
  const ends = [
    'exit=4',
    'exit=5 way-back',
    'exit=5 worker-died',
    'exit=6',
    'exit=7',
    'exit=8 busy',
    'exit=8 still',
    'exit=9',
  ];
  for (const words of ends) expect(written).toContainEqual(expect.stringContaining(words));
}, 600_000);

test.each<Product>(['ossec', 'wazuh'])(
  'the program writes each line of the %s test file so, from what it says',
  (product) => {
    const ours = readTestLines(product).filter(({ line }) => /bin\/contain-host(\.exe)?[ :]/.test(line));
    expect(ours.length).toBeGreaterThan(30);
    for (const { line } of ours) {
      const platform = line.includes('contain-host.exe') ? 'windows' : 'linux';
      expect(
        auditLine(platform, line.includes('{') ? readJson(line) : readWords(line), new Date('2026-11-25T03:18:00Z')),
      ).toBe(line);
    }
  },
);

const statusOf = (word: string): Pick<AuditEntry, 'status'> => ({ status: word as Status });
const given = (key: string, value: string | undefined): object => (value === undefined ? {} : { [key]: value });

function readWords(line: string): AuditEntry {
  const [status = '', , address = '', id, ruleId, ...words] = line.split(' ').slice(7);
  const caseNumber = words.find((word) => word.startsWith('case='))?.slice(5);
  const alert = id?.endsWith('.0') ? {} : { ...given('alertId', id), ...given('ruleId', ruleId) };
  return {
    ...statusOf(status),
    request: { action: 'add', dialect: 'ossec', address, ...alert, ...given('caseNumber', caseNumber) },
    words: words.filter((word) => !word.startsWith('case=')),
  };
}

function readJson(line: string): AuditEntry {
  const { command, parameters, status, detail, alert, case: caseNumber } = JSON.parse(line.slice(line.indexOf('{')));
  const address = parameters.alert.data.srcip as string;
  return {
    ...statusOf(status),
    request: {
      action: command,
      dialect: 'wazuh',
      address,
      ...given('alertId', alert),
      ...given('caseNumber', caseNumber),
    },
    words: [detail],
  };
}
