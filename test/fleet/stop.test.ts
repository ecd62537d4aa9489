import { type Answer, answer, type Copy, PlayedFleet } from '../../fixtures/fleet/played-fleet';

const agents = Array.from({ length: 60 }, (_, index) => {
  const id = String(index + 1).padStart(3, '0');
  return { id, name: `pc-${id}` };
});

let server: PlayedFleet;
afterEach(() => server.remove());

const contain = ['contain', 'pc-*', '--yes=60', '--handler', '192.0.2.50'];
const begun = (copy: Copy): Answer => [{ afterMs: 0, record: answer(copy, 'add-started') }];

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s in the middle: what was sent stands and is told, the rest is not sent, and the exit code is 1',
  async (signal) => {
    let stop = (): void => {};
    server = new PlayedFleet(agents, (copy) => {
      if (server.copies.length === 10) stop();
      return begun(copy);
    });
    const { exitCode, stdout, stderr } = await server.fleet([...contain, '--json'], {
      begun: (child) => {
        stop = () => child.kill(signal);
      },
    });
    expect(exitCode).toBe(1);
    const rows = JSON.parse(stdout) as { agent: string; sent: number; says: string }[];
    const sent = rows.filter((row) => row.sent > 0).map(({ agent }) => agent);
    expect(sent).toEqual([...new Set(server.copies.map(({ agent }) => agent))].sort());
    expect(sent.length).toBeLessThan(60);
    expect(stderr).toContain(`Stopped. The orders of ${sent.length} agents were sent and stand`);
    expect(stderr).toContain(`${60 - sent.length} were not sent.`);
    expect(rows.find(({ agent }) => !sent.includes(agent))?.says).toBe('not sent yet');
  },
);

test('Ctrl-C at a terminal: it does not reach what is being sent, and leaves whole lines without a colour', async () => {
  let isPressed = false;
  // No more than the terminal has lines.
  server = new PlayedFleet(agents.slice(0, 15), begun);
  const args = ['contain', 'pc-*', '--yes=15', '--handler', '192.0.2.50', '--wait', '20'];
  const { exitCode, stdout } = await server.fleet(args, {
    terminal: true,
    input: 'open',
    // So that it is at work when the key is pressed, not on its way out of the terminal's reach.
    env: { SECONDS_AT_WORK: '0.3' },
    said: (text, child) => {
      if (isPressed || !text.includes('begun after')) return;
      isPressed = true;
      child.stdin?.write('\u0003');
    },
  });
  expect(exitCode).toBe(1);
  const sent = new Set(server.copies.map(({ agent }) => agent)).size;
  expect(stdout).toContain(`Stopped. The orders of ${sent} agents were sent and stand`);
  expect(stdout).toContain(`those agents carry them out. ${15 - sent} were not sent.`);
  expect(stdout).not.toContain('agent_control failed');
  // Moves up, clears lines and what is below: nothing that outlives us, and the last line is whole.
  const codes = stdout.match(/\u001b\[[^A-Za-z]*[A-Za-z]/g) ?? [];
  expect(codes.filter((code) => !/^\u001b\[(\d+A|2K|0J)$/.test(code))).toEqual([]);
  expect(stdout).toMatch(/\n$/);
});

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
  ['another number', '6\n'],
  ['yes', 'yes\n'],
])('%s at the question sends nothing, and the exit code is 1', async (_what, typed) => {
  let isTyped = false;
  server = new PlayedFleet(agents, begun);
  const { exitCode, stdout } = await server.fleet(['release', 'pc-0*'], {
    terminal: true,
    input: 'open',
    said: (text, child) => {
      if (isTyped || !text.includes('Type 60: ')) return;
      isTyped = true;
      child.stdin?.write(typed);
    },
  });
  expect(exitCode).toBe(1);
  expect(stdout).toContain('Nothing was sent.');
  expect(server.copies).toEqual([]);
});

test('the right number at the question sends', async () => {
  let isTyped = false;
  server = new PlayedFleet(agents.slice(0, 3), (copy) => [{ afterMs: 0, record: answer(copy, 'delete') }]);
  const { exitCode, stdout } = await server.fleet(['release', 'pc-*'], {
    terminal: true,
    input: 'open',
    said: (text, child) => {
      if (isTyped || !text.includes('Type 3: ')) return;
      isTyped = true;
      child.stdin?.write('3\n');
    },
  });
  expect({ exitCode, sent: server.copies.length }).toEqual({ exitCode: 0, sent: 3 });
  expect(stdout).toMatch(/003 pc-003 +released after/);
});

test('stopped, an order whose sending was killed is not told as one that stands', async () => {
  server = new PlayedFleet(agents.slice(0, 3), begun);
  const { stderr } = await server.fleet(['release', 'pc-*', '--yes=3', '--wait', '20'], {
    env: { KILLED: 'yes' },
    said: (text, child) => text.split('PERHAPS SENT').length > 3 && child.kill('SIGINT'),
  });
  expect(stderr).toContain(
    'Stopped. The orders of 0 agents were sent and stand: those agents carry them out. 3 may have been sent. 0 were not sent.',
  );
});

test('an order whose sending was killed may have gone out: its row says so, and it can confirm', async () => {
  server = new PlayedFleet(agents.slice(0, 1), begun);
  const { exitCode, stderr } = await server.fleet(['release', '1', '--wait', '1'], { env: { KILLED: 'yes' } });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('001 pc-001               PERHAPS SENT: agent_control failed: SIGKILL (sent 3 times)');
});
