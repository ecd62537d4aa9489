import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hosts, Lab } from './lab/lab';
import type { Ran } from './lab/protocol';
import { answered, talks, unanswered } from './lab/scene';
import { executable } from './package/built';

/** Orders that come at once, as agents and people send them: the last one wins, by packets. */
const lab = new Lab();
afterAll(() => lab.remove());

const alert = ['1795576680.1234', '100201'];
const containHost = (...args: readonly string[]): Promise<Ran> =>
  lab.host('endpoint').run('env', `OSSECPATH=${lab.home}`, executable, ...args);
const attacker = () => talks('endpoint', 'attacker', 'ip4').filter(({ protocol }) => protocol === 'udp');
const handlerTalk = (name: 'handler' | 'second') => talks(name, 'endpoint', 'ip4').filter(({ port }) => port === 22);

/** Starts these orders one behind the other, without waiting, and waits for all. Their exit codes. */
async function atOnce(orders: readonly (readonly string[])[]): Promise<(number | null)[]> {
  const enter = ['-t', String(lab.pidOf('endpoint')), '--net', '--mount', 'env', `OSSECPATH=${lab.home}`, executable];
  const ends: Promise<unknown[]>[] = [];
  for (const order of orders) {
    const child = spawn('nsenter', [...enter, ...order], { stdio: 'ignore' });
    ends.push(once(child, 'exit'));
    await once(child, 'spawn');
  }
  return (await Promise.all(ends)).map(([exitCode]) => exitCode as number | null);
}

beforeAll(async () => {
  lab.start();
  writeFileSync(
    join(lab.home, 'etc', 'ossec.conf'),
    `<ossec_config><client><server-ip>${hosts.server.ip4}</server-ip></client></ossec_config>\n`,
  );
  await Promise.all(
    (['endpoint', 'handler', 'second', 'server', 'attacker'] as const).map((name) =>
      lab.host(name).serve([22, 1514], [53, 1514, 5000]),
    ),
  );
});
afterEach(async () => {
  expect((await containHost('DELETE', '-', '-')).exitCode).toBe(0);
});

const contain = ['ADD', '-', hosts.handler.ip4];
const release = ['DELETE', '-', '-'];

test('contain, release, contain, back to back: contained', async () => {
  const codes = await atOnce([contain, release, ['ADD', '-', hosts.second.ip4]]);
  expect(codes.at(-1)).toBe(0);
  expect(codes.every((code) => code === 0 || code === 8)).toBe(true);
  expect(await answered(lab, [...attacker(), ...handlerTalk('handler')])).toEqual([]);
  expect(await unanswered(lab, handlerTalk('second'))).toEqual([]);
});

test('release, contain, release: released', async () => {
  expect((await containHost(...contain)).exitCode).toBe(0);
  const codes = await atOnce([release, contain, release]);
  expect(codes.at(-1)).toBe(0);
  expect(await unanswered(lab, attacker())).toEqual([]);
});

test("32 orders, alerts' and operators' mixed: the operator's last one is in force, and every order has an end", async () => {
  const orders = Array.from({ length: 31 }, (_, index) =>
    index % 4 === 0
      ? ['ADD', '-', hosts.attacker.ip4, ...alert]
      : index % 4 === 1
        ? contain
        : index % 4 === 2
          ? ['DELETE', '-', '-', ...alert]
          : release,
  );
  const codes = await atOnce([...orders, ['ADD', '-', hosts.second.ip4]]);
  expect(codes.filter((code) => code !== 0 && code !== 8)).toEqual([]);
  // The caller of one that waits too long is told so after 25 s; the order itself is carried out.
  const told = async (): Promise<string> => (await containHost('status', '--follow')).output;
  expect(await told()).toMatch(/CONTAINED/);
  expect(await answered(lab, [...attacker(), ...handlerTalk('handler')])).toEqual([]);
  expect(await unanswered(lab, handlerTalk('second'))).toEqual([]);
  const { output } = await containHost('status', '--json');
  expect(JSON.parse(output)).toMatchObject({ state: 'contained', gaps: [] });
});
