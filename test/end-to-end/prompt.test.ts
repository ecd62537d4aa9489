import { spawnSync } from 'node:child_process';
import fs, { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import { type Typed, typed } from '../../fixtures/typed';
import { type Host, timeouts } from '../../src/host';
import { main } from '../../src/main';
import { parseOssecArguments } from '../../src/request/ossec';
import { parseContain, parseRelease } from '../../src/request/prompt';
import type { Understood } from '../../src/request/understood';

const of = (outcome: Typed['outcome']): Typed[] => typed.filter((row) => row.outcome === outcome);
const wordsOf = (line: string): string[] => line.split(' ');

/** What becomes of the words of an order; undefined for those of another command. */
function understand(line: string): Understood | undefined {
  const [first = '', ...rest] = wordsOf(line);
  const own = { contain: parseContain, release: parseRelease }[first.toLowerCase()];
  return own === undefined ? parseOssecArguments([first, ...rest]) : own(rest);
}

/** Only a worker knows what is wrong with an address, so these rows go through the whole program. */
const isForWorker = ({ line }: Typed): boolean => understand(line)?.kind === 'order';

/** Every so many rows, through the program that ships: all of it, with its own processes. */
const some = (rows: readonly Typed[], step: number): Typed[] => rows.filter((_, index) => index % step === 0);

test.each(of('contained'))('$line is an operator’s order to contain, with its handler', ({ line }) => {
  expect(understand(line)).toMatchObject({
    kind: 'order',
    request: { action: 'add', requestedBy: 'operator', address: '192.0.2.50' },
  });
});

test.each(of('released'))('$line is an operator’s order to release', ({ line }) => {
  expect(understand(line)).toMatchObject({ kind: 'order', request: { action: 'delete', requestedBy: 'operator' } });
});

const folder = mkdtempSync(join(tmpdir(), 'prompt-'));
const home = join(folder, 'ossec');
const client = '<ossec_config><client><server-ip>10.0.0.5</server-ip></client></ossec_config>';
const lineFiles = {
  windows: join(home, 'active-response', 'active-responses.log'),
  linux: join(home, 'logs', 'active-responses.log'),
};
beforeAll(() => {
  for (const part of ['active-response/bin', 'etc', 'logs']) mkdirSync(join(home, part), { recursive: true });
  for (const file of ['ossec.conf', 'etc/ossec.conf']) writeFileSync(join(home, file), client);
  cpSync(resolve(__dirname, '../../dist/contain-host.js'), join(folder, 'contain-host.js'));
  for (const file of Object.values(lineFiles)) {
    writeFileSync(file, '');
    chmodSync(file, 0o666);
  }
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The same program within this process: what stands on its two streams, and its exit code. */
async function typeIn(platform: Host['platform'], words: readonly string[]) {
  const streams = ['', '', ''];
  const { writeSync } = fs;
  const spy = jest.spyOn(fs, 'writeSync').mockImplementation(((stream: number, bytes: Buffer) => {
    if (stream > 2) return writeSync(stream, bytes);
    streams[stream] += bytes.toString();
    return bytes.length;
  }) as typeof fs.writeSync);
  const program = join(home, 'active-response', 'bin', 'contain-host');
  const env = { OSSECPATH: home, ProgramFiles: folder };
  try {
    const host: Host = { platform, env, program, command: [program], name: 'contain-host', timeouts };
    const status = await main(host, words);
    return { status, stdout: streams[1], stderr: streams[2] ?? '' };
  } finally {
    spy.mockRestore();
  }
}

describe.each(['windows', 'linux'] as const)('every word that a person may type, on %s', (platform) => {
  const lines = (): string => readFileSync(lineFiles[platform], 'utf8');

  test.each(of('help'))('$line prints help and leaves no trace', async ({ line }) => {
    const before = lines();
    const { status, stdout, stderr } = await typeIn(platform, wordsOf(line));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: contain-host /);
    expect(lines()).toBe(before);
  });

  test.each(of('refused').filter((row) => !isForWorker(row)))(
    '$line is refused with $reason',
    async ({ line, reason, isOrder = false }) => {
      const before = lines().split('\n').length;
      const { status, stdout, stderr } = await typeIn(platform, wordsOf(line));
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expectRefusal(stderr, reason);
      expect(lines().split('\n')).toHaveLength(before + (isOrder ? 1 : 0));
    },
  );
});

describe('the program itself, on Windows', () => {
  const endpoint = new Endpoint(emptyHost());
  afterAll(() => endpoint.remove());

  test.each([...some(of('help'), 20), ...some(of('refused'), 9), ...of('refused').filter(isForWorker)])(
    '$line changes nothing',
    async ({ line, outcome, reason, isOrder = false }) => {
      const before = endpoint.machine.fingerprint();
      const lines = endpoint.audit().length;
      const { exitCode, stdout, stderr } = await endpoint.run(...wordsOf(line));
      if (outcome === 'help') {
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
        expect(stdout).toMatch(/^Usage: contain-host /);
      } else {
        expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
        expectRefusal(stderr, reason);
      }
      expect(endpoint.audit()).toHaveLength(lines + (isOrder ? 1 : 0));
      expect(endpoint.machine.fingerprint()).toBe(before);
    },
  );

  test.each(some(of('contained'), 4))('$line contains, and lets the handler in', async ({ line }) => {
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

  test.each(some(of('released'), 3))('$line releases what an operator contained', async ({ line }) => {
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
const ids = process.getuid?.() === 0 ? [0, 65_534] : [process.getuid?.()];

describe.each(ids)('the program itself, on Linux as user %d', (uid) => {
  const call = (words: readonly string[]) =>
    spawnSync(process.execPath, [join(folder, 'contain-host.js'), ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      cwd: '/',
      env: { OSSECPATH: home },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });

  test.each(some(of('help'), 12))('$line prints help and leaves no trace', ({ line }) => {
    const before = readFileSync(lineFiles.linux, 'utf8');
    const { status, stdout, stderr } = call(wordsOf(line));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: contain-host /);
    expect(readFileSync(lineFiles.linux, 'utf8')).toBe(before);
  });

  test.each([...some(of('refused'), 9), ...some(of('refused').filter(isForWorker), uid === 0 ? 1 : 4)])(
    '$line is refused with $reason',
    ({ line, reason }) => {
      const { status, stdout, stderr } = call(wordsOf(line));
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expectRefusal(stderr, reason);
    },
  );

  if (uid !== 0)
    test('status without rights is uncertain, and says what it lacks in plain words', () => {
      const { status, stdout } = call(['status']);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^UNCERTAIN: /);
      expect(stdout).toMatch(/rights are missing: run this as root, with CAP_NET_ADMIN \[rules-unreadable\]$/m);
    });

  test('without an order it says why nothing was done', () => {
    const { status, stdout, stderr } = call([]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expectRefusal(stderr, /standard input/);
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
