import { FleetServer, type PlayedAgent } from '../../fixtures/fleet/server';

const windows = 'Microsoft Windows 10 Pro (6.2)';
const linux = 'Linux web 6.1.0 #1 SMP Debian, x86_64';
const pc = (id: string, does?: PlayedAgent['does'], name = `pc-${id}`): PlayedAgent => ({
  id,
  name,
  ip: `10.1.2.${Number(id)}/32`,
  os: windows,
  ...(does === undefined ? {} : { does }),
});

let server: FleetServer;
const given = (...agents: PlayedAgent[]): void => {
  server = new FleetServer(agents);
};
afterEach(() => server.remove());

const contain = (...words: string[]) => server.fleet('contain', ...words, '--handler', '192.0.2.50', '--wait', '60s');
/** For agents that do not answer: it waits to the end. */
const containBriefly = (...words: string[]) =>
  server.fleet('contain', ...words, '--handler', '192.0.2.50', '--wait', '6s');

test('each agent gets the response for its system, and each one confirms', () => {
  given(pc('011'), { ...pc('012'), name: 'web', os: linux });
  const { exitCode, stdout, stderr } = contain('11', 'web', '--case', '77');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^011 pc-011 +contained after \d+\.\d s: add$/m);
  expect(stdout).toMatch(/^012 web +contained after \d+\.\d s: add$/m);
  expect(server.calls().sort()).toEqual([
    ['011', 'contain-host0', expect.stringMatching(/^192\.0\.2\.50 case=77 order=[\w.-]+$/)],
    ['012', 'contain-host-linux0', expect.stringMatching(/^192\.0\.2\.50 case=77 order=[\w.-]+$/)],
  ]);
});

test('a release needs no handler', () => {
  given(pc('011'));
  const { exitCode, stdout } = server.fleet('release', '011', '--wait', '60s');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/released after/);
  expect(server.calls()).toEqual([['011', 'release-host0', expect.stringMatching(/^- order=/)]]);
});

test('who does not confirm is named, the others go on, and the exit code is 1', () => {
  given(
    pc('011'),
    pc('012', 'nothing'),
    pc('013', 'fail'),
    pc('014', 'gaps'),
    pc('015', 'refuse'),
    pc('016', 'begin only'),
  );
  const { exitCode, stdout, stderr } = containBriefly('pc-*', '--yes=6', '--json');
  expect(exitCode).toBe(1);
  const rows = JSON.parse(stdout) as {
    agent: string;
    confirmed: boolean;
    status: string | null;
    refusal: string | null;
  }[];
  expect(rows.map(({ agent, confirmed, status }) => [agent, confirmed, status])).toEqual([
    ['011', true, 'add'],
    ['012', false, null],
    ['013', false, 'add-failed'],
    ['014', true, 'add-degraded'],
    ['015', false, null],
    ['016', false, null],
  ]);
  expect(rows[4]?.refusal).toContain('Invalid agent id');
  expect(stderr).toContain('Not confirmed by 4 of 6 agents');
  expect(stderr).not.toContain('\u0007');
});

test('what has not begun in time is sent again under the same id, and that is said', () => {
  given(pc('011', 'lose the first'));
  const { exitCode, stdout } = containBriefly('011');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/contained after \d+\.\d s: add \(sent 2 times\)/);
  const ids = server.calls().map(([, , words]) => words);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

test('an order goes out three times at most', () => {
  given(pc('011', 'nothing'));
  expect(containBriefly('011').exitCode).toBe(1);
  expect(server.calls()).toHaveLength(3);
});

test('only a line of that agent in its own log confirms', () => {
  given(pc('011', 'forge'), pc('012', undefined, 'another'));
  expect(containBriefly('011')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Not confirmed by 1 of 1'),
  });
});

test('alerts in the wrong order confirm all the same', () => {
  given(pc('011', 'wrong order'));
  expect(contain('011').exitCode).toBe(0);
});

test('of two agents of one name each is told by its address', () => {
  given(pc('011', undefined, 'pc'), pc('012', 'nothing', 'pc'));
  const { stdout } = containBriefly('11', '12', '--json');
  expect((JSON.parse(stdout) as { confirmed: boolean }[]).map(({ confirmed }) => confirmed)).toEqual([true, false]);
});

describe('nothing is sent', () => {
  test.each<[string, string[], RegExp]>([
    ['to the server itself', ['contain', '000', '--handler', '192.0.2.50'], /Agent 000 is the server itself/],
    ['to an agent that nobody knows', ['contain', 'nobody', '--handler', '192.0.2.50'], /No agent is called "nobody"/],
    ['where a name means two', ['contain', 'twin', '--handler', '192.0.2.50'], /the agents 012 and 013: give a number/],
    ['without a handler', ['contain', '011'], /nobody could reach the contained hosts/],
    ['with a name as handler', ['contain', '011', '--handler', 'sift'], /is no address of a handler/],
    [
      'for a pattern without a number',
      ['contain', 'pc-*', '--handler', '192.0.2.50'],
      /mean 1 agents:\n {2}011 pc-011\n.*--yes=1/,
    ],
    [
      'for a pattern with the wrong number',
      ['contain', '*', '--handler', '192.0.2.50', '--yes=2'],
      /mean 3 agents, not 2/,
    ],
    ['with an unknown option', ['contain', '011', '--force'], /fleet has no option "--force"/],
    ['without agents', ['release'], /Which agents\?/],
    ['with an unknown word', ['isolate', '011'], /fleet does not know "isolate"/],
    ['with a handler for a release', ['release', '011', '--handler', '192.0.2.50'], /A release takes no handler/],
    ['with two words as a case', ['release', '011', '--case', 'a b'], /is no case number/],
  ])('%s', (_what, words, reason) => {
    given(pc('011'), pc('012', undefined, 'twin'), pc('013', undefined, 'twin'));
    const { exitCode, stderr } = server.fleet(...words);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(reason);
    expect(server.calls()).toEqual([]);
  });

  test('by --dry-run, which shows the exact calls', () => {
    given(pc('011'));
    const { exitCode, stdout } = contain('pc-*', '--dry-run');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\/bin\/agent_control -u 011 -f contain-host0 -b "192\.0\.2\.50 order=[\w.-]+"\n$/);
    expect(server.calls()).toEqual([]);
  });
});
