import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import { type Typed, typed } from '../../fixtures/typed';

const of = (outcome: Typed['outcome']): Typed[] => typed.filter((row) => row.outcome === outcome);
const wordsOf = (line: string): string[] => line.split(' ');

describe('on Windows', () => {
  const endpoint = new Endpoint(emptyHost());
  afterAll(() => endpoint.remove());

  test.each(of('help'))('$line prints help and leaves no trace', async ({ line }) => {
    const before = endpoint.machine.fingerprint();
    const lines = endpoint.audit().length;
    const { exitCode, stdout, stderr } = await endpoint.run(...wordsOf(line));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: contain-host /);
    expect(endpoint.audit()).toHaveLength(lines);
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test.each(of('refused'))('$line is refused with $reason', async ({ line, reason, isOrder = false }) => {
    const before = endpoint.machine.fingerprint();
    const lines = endpoint.audit().length;
    const { exitCode, stdout, stderr } = await endpoint.run(...wordsOf(line));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expectRefusal(stderr, reason);
    expect(endpoint.audit()).toHaveLength(lines + (isOrder ? 1 : 0));
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test.each(of('contained'))('$line contains, and lets the handler in', async ({ line }) => {
    const fresh = new Endpoint(emptyHost());
    try {
      const { exitCode, stdout, stderr } = await fresh.run(...wordsOf(line));
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(/^Contained\.\n/);
      const letIn = Object.values(fresh.machine.rules()).filter((rule) => rule.includes('|RA4=192.0.2.50'));
      expect(letIn.filter((rule) => rule.includes('|Name=Allow OSSEC Server in/tcp|'))).toHaveLength(1);
      expect(fresh.statuses()).toEqual(['add-started', 'add']);
    } finally {
      fresh.remove();
    }
  });

  test.each(of('released'))('$line releases what an operator contained', async ({ line }) => {
    const fresh = new Endpoint(emptyHost());
    try {
      const before = fresh.machine.fingerprint();
      await fresh.run('ADD', '-', '192.0.2.50', 'case=77');
      expect(fresh.machine.fingerprint()).not.toBe(before);
      const { exitCode, stdout } = await fresh.run(...wordsOf(line));
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^Released/) });
      expect(fresh.machine.fingerprint()).toBe(before);
    } finally {
      fresh.remove();
    }
  });

  test('what an operator typed and said by agent_control stands in the log', async () => {
    const fresh = new Endpoint(emptyHost());
    try {
      await fresh.run('ADD', '-', '192.0.2.50', ' case=77 order=a1 ransomware on pc12 (from_the_server) (no_rule_id)');
      expect(fresh.audit().at(-1)).toMatch(/ case=77\b/);
      expect(fresh.log().at(-1)).toMatchObject({
        request: { requestedBy: 'operator', caseNumber: '77', orderId: 'a1', note: 'ransomware on pc12' },
      });
    } finally {
      fresh.remove();
    }
  });

  test('without an order, and with nothing on standard input, it says why nothing was done', async () => {
    const { exitCode, stdout, stderr } = await endpoint.run();
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expectRefusal(stderr, /standard input/);
  });
});

/**
 * Refusals and help need no rights and no firewall; what succeeds there is for the tests with a kernel of their own.
 */
describe('on Linux', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prompt-'));
  const log = join(folder, 'home', 'logs', 'active-responses.log');
  const program = join(folder, 'contain-host.js');
  const ids = process.getuid?.() === 0 ? [0, 65_534] : [process.getuid?.()];

  beforeAll(() => {
    cpSync(resolve(__dirname, '../../dist/contain-host.js'), program);
    for (const part of ['etc', 'logs']) mkdirSync(join(folder, 'home', part), { recursive: true });
    const client = '<ossec_config><client><server-ip>10.0.0.5</server-ip></client></ossec_config>';
    writeFileSync(join(folder, 'home', 'etc', 'ossec.conf'), client);
    writeFileSync(log, '');
    chmodSync(log, 0o666);
    chmodSync(folder, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const call = (uid: number | undefined, words: readonly string[]) =>
    spawnSync(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      cwd: '/',
      env: { OSSECPATH: join(folder, 'home') },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });

  describe.each(ids)('as user %d', (uid) => {
    test.each(of('help'))('$line prints help and leaves no trace', ({ line }) => {
      const before = readFileSync(log, 'utf8');
      const { status, stdout, stderr } = call(uid, wordsOf(line));
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: contain-host /);
      expect(readFileSync(log, 'utf8')).toBe(before);
    });

    test.each(of('refused'))('$line is refused with $reason', ({ line, reason }) => {
      const { status, stdout, stderr } = call(uid, wordsOf(line));
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expectRefusal(stderr, reason);
    });

    test('without an order it says why nothing was done', () => {
      const { status, stdout, stderr } = call(uid, []);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expectRefusal(stderr, /standard input/);
    });
  });
});

/** The reason first, then one line with the right form, and nothing that only a programmer understands. */
function expectRefusal(stderr: string, reason: RegExp | undefined): void {
  const [first = '', second = '', ...more] = stderr.trimEnd().split('\n');
  expect(first).toMatch(reason ?? /./);
  expect(first).toMatch(/Nothing was changed/);
  expect(second).toMatch(/^Usage: contain-host /);
  expect(more).toEqual([]);
  expect(stderr).not.toMatch(/Error:|\bat .*:\d+|ERR_/);
}
