import { linuxLog, orderLine, record } from '../../fixtures/fleet/alerts';
import { type Answer, answer, type Copy, PlayedFleet } from '../../fixtures/fleet/played-fleet';

const agents = Array.from({ length: 300 }, (_, index) => {
  const id = String(index + 1).padStart(3, '0');
  return { id, name: `pc-${id}` };
});
const isOff = ({ agent }: Copy): boolean => Number(agent) % 15 < 2;
const off = agents.filter(({ id }) => Number(id) % 15 < 2).map(({ id }) => id);

/** What goes wrong in real fleets, by the number of the agent. */
function play(copy: Copy, earlier: readonly Copy[]): Answer {
  const is = (rest: number): boolean => Number(copy.agent) % 15 === rest;
  if (isOff(copy)) return forged(copy);
  // The server was restarted, and has not heard from these yet.
  if (is(2) && earlier.length === 0) return [];
  if (earlier.length > (is(2) ? 1 : 0))
    return [{ afterMs: 0, record: answer(copy, 'add-started', 'not-carried-out-again') }];
  const begun = { afterMs: 0, record: answer(copy, 'add-started') };
  const ended = { afterMs: Number(copy.agent), record: answer(copy, 'add', 'block-ms=85') };
  // OSSEC 4.3 writes alerts from several threads.
  if (is(3)) return [{ ...ended, afterMs: 0 }, begun];
  if (is(4)) return [begun, { ...ended, record: answer(copy, 'add-degraded', 'exit=6 gaps=foreign-rule') }];
  // The server's disk was full in the middle of a record.
  if (is(5)) return [{ afterMs: 0, record: begun.record.slice(0, 90) }, ended];
  if (is(6)) return [begun, { ...ended, record: answer(copy, 'add-failed', 'exit=4 rolled-back') }];
  return [begun, ended];
}

/** Lines with the right id that are not the agent's own. */
function forged(copy: Copy): Answer {
  const line = orderLine(new Date(), `add - 192.0.2.50 1795576680.0 0 order=${copy.orderId}`);
  const name = `pc-${copy.agent}`;
  return [
    record(new Date(), { name }, line, '/var/log/syslog'),
    record(new Date(), { name: 'pc-003' }, line, linuxLog),
    record(new Date(), { name }, `an event before it\n${line}`, linuxLog),
    record(new Date(), { name }, line, `${linuxLog}.1`),
  ].map((text) => ({ afterMs: 0, record: text }));
}

interface Shown {
  readonly agent: string;
  readonly confirmed: boolean;
  readonly status: string | null;
  readonly sent: number;
}

let server: PlayedFleet;
afterEach(() => server.remove());

test('of 300 agents 40 are off: every row is true, no order is lost or given twice, and those 40 are named', async () => {
  server = new PlayedFleet(agents, (copy, earlier) => {
    if (server.copies.length === 150) server.rotate();
    return play(copy, earlier);
  });
  const args = ['contain', 'pc-*', '--yes=300', '--handler', '192.0.2.50', '--wait', '5s', '--json'];
  const { exitCode, stdout, stderr } = await server.fleet(args);
  expect(exitCode).toBe(1);
  const rows = JSON.parse(stdout) as Shown[];
  expect(rows.map(({ agent }) => agent)).toEqual(agents.map(({ id }) => id));
  const failed = agents.filter(({ id }) => Number(id) % 15 === 6).map(({ id }) => id);
  const unconfirmed = [...off, ...failed].sort();
  expect(off).toHaveLength(40);
  expect(rows.filter(({ confirmed }) => !confirmed).map(({ agent }) => agent)).toEqual(unconfirmed);
  expect(rows.filter(({ status }) => status === 'add-failed').map(({ agent }) => agent)).toEqual(failed);
  const silent = rows.filter(({ status }) => status === null);
  expect(silent.map(({ agent }) => agent)).toEqual(off);
  // The third time only if the second one went out in time.
  for (const { sent } of silent) expect([2, 3]).toContain(sent);
  expect([...stderr.matchAll(/^ {2}(\d+) pc-/gm)].map(([, id]) => id)).toEqual(unconfirmed);
  expect(stderr).toContain('Not confirmed by 60 of 300 agents');
  // One id for each agent, whatever was sent again.
  const ids = new Map(server.copies.map(({ agent, orderId }) => [agent, orderId]));
  expect(ids.size).toBe(300);
  expect(new Set(ids.values()).size).toBe(300);
  for (const { agent, orderId } of server.copies) expect(orderId).toBe(ids.get(agent));
});

test('a list of more agents than a pipe holds is read to its end', async () => {
  const many = Array.from({ length: 6000 }, (_, index) => {
    const id = String(index + 1).padStart(3, '0');
    return { id, name: `a-rather-long-name-of-a-host-${id}` };
  });
  server = new PlayedFleet(many, () => []);
  const { exitCode, stdout } = await server.fleet([
    'release',
    '6000',
    'a-rather-long-name-of-a-host-5999',
    '--dry-run',
  ]);
  expect(exitCode).toBe(0);
  expect(stdout.match(/-u \d+/g)).toEqual(['-u 5999', '-u 6000']);
});
