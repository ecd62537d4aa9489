import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchRuns } from '../../fixtures/interpose/within';
import type { HostDescription } from '../../fixtures/standin/machine';
import { ensureKey } from '../../fixtures/standin/registry';
import { add, Bench, inParallel, managedHost, type Order, release } from './bench';
import { tryRecovery } from './recovery';
import { passes } from './truth';

const name = 'manager.invalid';
const mine = '192.0.2.77 somebody-elses\r\n';

let endWatching: () => void;
beforeAll(() => {
  endWatching = watchRuns();
});
afterAll(() => endWatching());

/** The server has a name, and its address stands in the agent's log. */
function createHost(description?: HostDescription): Bench {
  // Over UDP no connection is tried, so nothing depends on the network that the tests run in.
  const server = `<server><address>${name}</address><protocol>udp</protocol></server>`;
  const host = Bench.create(description, server);
  const line = `2026/11/24 10:00:00 INFO: Connected to ${name} at address 10.0.0.5, port 1514\r\n`;
  writeFileSync(join(host.home, 'ossec.log'), line);
  return host;
}

test('a name that turns out not to be pinned, on a sealed host: every configured name server can be asked', async () => {
  const host = createHost(managedHost());
  const resolver = '2001:db8::53';
  host.machine.change((tree) => {
    const six = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters\\Interfaces\\{1}';
    ensureKey(tree, six).NameServer = resolver;
  });
  const trial = host.copy();
  const call = String((await trial.record(add)).find((one) => /^writeSync .*\/hosts /.test(one)));
  trial.remove();
  const { exitCode } = await host.workWithin(add, { fileFault: { call, code: 'EIO' }, lock: 'played' });
  expect(exitCode).toBe(6);
  const asks = (remote: string) => passes(host.machine, { remote, remotePort: 53, protocol: 'udp' });
  expect(asks(resolver)).toEqual([true, true, true]);
  expect(asks('2001:db8::54')).toEqual([false, false, false]);
  host.remove();
});

/** What a kill can leave half done: everything before and behind the calls that write. */
const writes = /^(?:open|write|fsync|ftruncate|unlink|rename)Sync .*(?:\/hosts|journal\.jsonl|hosts-before)(?: #\d+)?$/;

test.each<[string, readonly Order[], Order]>([
  ['ADD', [], add],
  ['DELETE', [add], release],
])(
  'killed anywhere in %s where the hosts file or the journal is written, the names come back as they were, and the lines of others stay',
  async (_title, ordersBefore, order) => {
    const host = createHost();
    const free = readFileSync(host.machine.hostsFile, 'latin1');
    for (const earlier of ordersBefore) await host.work(earlier);
    // Behind our lines, so that they have to be taken out of the middle.
    appendFileSync(host.machine.hostsFile, mine);
    const trial = host.copy();
    const names = (await trial.record(order)).filter((call) => writes.test(call));
    trial.remove();
    expect(names.some((call) => call.includes('/hosts'))).toBe(true);
    const before = host.machine.fingerprint();
    const policy = before.slice(0, before.lastIndexOf(readFileSync(host.machine.hostsFile, 'latin1')));
    const released = createHost();
    writeFileSync(released.machine.hostsFile, free + mine);
    const wanted = ordersBefore.length === 0 ? policy + free + mine : released.machine.fingerprint();
    released.remove();
    const problems: string[] = [];
    const points = names.flatMap((call) => (['before', 'after'] as const).map((when) => ({ call, when })));
    await inParallel(points, 3, async (kill) => {
      const bench = host.copy();
      const { signal } = await bench.workWithin(order, { kill, lock: 'played' });
      if (signal !== 'SIGKILL') problems.push(`${kill.when} ${kill.call}: the program was not killed`);
      const found = await tryRecovery(bench, wanted, true, false);
      problems.push(...found.map((problem) => `${kill.when} ${kill.call}: ${problem}`));
      bench.remove();
    });
    host.remove();
    expect(problems).toEqual([]);
  },
  600_000,
);
