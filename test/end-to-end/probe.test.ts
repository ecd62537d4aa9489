import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';

/** An address of this machine that is not loopback: no agent's server is loopback. */
const own = Object.values(networkInterfaces())
  .flatMap((entries) => entries ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
if (own === undefined) throw new Error('This needs a machine with an address besides loopback.');

const listeners: Server[] = [];
let endpoint: Endpoint;
afterEach(() => {
  endpoint.remove();
  for (const listener of listeners.splice(0)) listener.close();
});

/** Listens for so many connections and is out of reach afterwards, as behind a firewall. Returns its port. */
function listen(connections = Number.POSITIVE_INFINITY): Promise<number> {
  return new Promise((resolve) => {
    let left = connections;
    const listener = createServer((socket) => {
      socket.destroy();
      left -= 1;
      if (left <= 0) listener.close();
    });
    listeners.push(listener);
    listener.listen(0, '0.0.0.0', () => resolve((listener.address() as AddressInfo).port));
  });
}

/** A port at which nobody listens any more. */
async function silentPort(): Promise<number> {
  const port = await listen();
  await new Promise((resolve) => listeners.pop()?.close(resolve));
  return port;
}

/** An endpoint whose server listens at this port of our own. */
function start(port: number, settings = {}): Endpoint {
  const server = `<server><address>${own}</address><port>${port}</port><protocol>tcp</protocol></server>`;
  endpoint = new Endpoint(typicalHost(), server);
  endpoint.setSettings(settings);
  return endpoint;
}

const add = (handler = '203.0.113.50') =>
  endpoint.call({ args: ['ADD', '-', handler], timeouts: { proofAfter: 1000 } });
const status = async (): Promise<unknown> => JSON.parse((await endpoint.run('status', '--json')).output);

describe('the proof by traffic', () => {
  test('a server that answers on, and a probe that does not, prove the containment', async () => {
    const [server, probe] = [await listen(), await listen(1)];
    start(server, { probe: { address: own, port: probe } });
    const { exitCode, output } = await add();
    expect(exitCode).toBe(0);
    expect(output).toContain(`${own} port ${server} answers`);
    expect(output).toMatch(new RegExp(`probe ${own} port ${probe} answered before and is out of reach now`));
  });

  test('a probe that gets through proves that the host is not contained, whatever the policy says', async () => {
    start(await silentPort(), { probe: { address: own, port: await listen() } });
    expect(await add()).toMatchObject({
      exitCode: 9,
      output: expect.stringMatching(/NOT CONTAINED[\s\S]*\[probe-answers\]/),
    });
    expect(await status()).toMatchObject({ state: 'ineffective', gaps: [{ code: 'probe-answers' }] });
    expect(endpoint.statuses()).toEqual(['add-started', 'add-ineffective']);
    // The next proof takes the place of this one.
    endpoint.setSettings({ probe: { address: own, port: await silentPort() } });
    expect(await add()).toMatchObject({ exitCode: 0 });
    expect(await status()).toMatchObject({ state: 'contained', gaps: [] });
  });

  test('a probe that was out of reach before, or that is let in, proves nothing', async () => {
    const server = await listen();
    start(server, { probe: { address: own, port: await silentPort() } });
    expect(await add()).toMatchObject({ exitCode: 0, output: expect.stringContaining('that proves nothing') });
    endpoint.setSettings({ probe: { address: own, port: server } });
    expect(await add()).toMatchObject({ exitCode: 0, output: expect.not.stringContaining('probe') });
  });

  test('a server that falls silent is a gap, and the host stays contained', async () => {
    start(await listen(1));
    expect(await add()).toMatchObject({ exitCode: 6, output: expect.stringContaining('[server-silent]') });
    expect(await status()).toMatchObject({ state: 'degraded', gaps: [{ code: 'server-silent' }] });
    expect(endpoint.statuses()).toEqual(['add-started', 'add-degraded']);
  });

  test('only where the settings say "release" the host is given back as it was', async () => {
    const { machine } = start(await listen(1), { whenServerLost: 'release' });
    const before = machine.fingerprint();
    const { exitCode, output } = await add();
    expect(exitCode).toBe(4);
    expect(output).toMatch(/answered before and do not now[\s\S]*NOT contained/);
    expect(machine.fingerprint()).toBe(before);
    expect(endpoint.statuses()).toEqual(['add-started', 'add-failed']);
    expect(await status()).toMatchObject({ state: 'not-contained', gaps: [] });
  });

  test('while one server answers the agent is not lost, and the silent one is named', async () => {
    const [silent, other] = [await listen(1), await listen()];
    start(silent);
    const servers = [silent, other].map(
      (port) => `<server><address>${own}</address><port>${port}</port><protocol>tcp</protocol></server>`,
    );
    endpoint.configure(`<ossec_config><client>${servers.join('')}</client></ossec_config>`);
    expect(await add()).toMatchObject({ exitCode: 6, output: expect.stringMatching(`port ${other} answers`) });
    expect(await status()).toMatchObject({
      state: 'degraded',
      gaps: [{ detail: expect.stringContaining(`port ${silent}`) }],
    });
  });

  test('a host that was contained before is not set free because its server is down', async () => {
    start(await listen(3));
    expect(await add()).toMatchObject({ exitCode: 0 });
    expect(await add('203.0.113.51')).toMatchObject({
      exitCode: 6,
      output: expect.stringContaining('[server-silent]'),
    });
    expect(await status()).toMatchObject({ state: 'degraded', handlers: ['203.0.113.51/32'] });
    // Nothing answers before the next one, so it proves nothing either way.
    expect(await add('203.0.113.51')).toMatchObject({ exitCode: 0 });
  });

  test('a server that never answered proves nothing', async () => {
    start(await silentPort());
    const { exitCode, output } = await add();
    expect(exitCode).toBe(0);
    expect(output).toMatch(
      /^Server \S+ port \d+ did not answer before the block, so its silence now would prove nothing/m,
    );
    expect(output).not.toMatch(/answers/);
  });
});
