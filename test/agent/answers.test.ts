import { type AddressInfo, createServer } from 'node:net';
import { answersInTime, tryToReach } from '../../src/agent/answers';
import type { Address } from '../../src/policy/address';

const address: Address = { family: 4, text: '127.0.0.1', prefix: 32 };
const listener = createServer((socket) => socket.destroy());
const listen = (port: number): Promise<number> =>
  new Promise((resolve) => {
    listener.listen(port, '127.0.0.1', () => resolve((listener.address() as AddressInfo).port));
  });
const close = (): Promise<void> => new Promise((resolve) => listener.close(() => resolve()));
afterEach(close);

test('a port answers while somebody listens', async () => {
  const port = await listen(0);
  expect(await tryToReach({ address, port }).settled).toBe('answers');
  await close();
  expect(await tryToReach({ address, port }).settled).toBe('silent');
});

test('one that does not answer at once has the whole time for it', async () => {
  const port = await listen(0);
  await close();
  const answer = answersInTime({ address, port }, 20_000);
  expect(await tryToReach({ address, port }).settled).toBe('silent');
  await listen(port);
  expect(await answer).toBe('answers');
});

test('one that never answers does not have more', async () => {
  const port = await listen(0);
  await close();
  expect(await answersInTime({ address, port }, 300)).toBe('silent');
});

test('what this host itself cannot send is not the silence of the other side', async () => {
  // No packet leaves for an address of the link without an interface: connect(2) refuses it.
  const link: Address = { family: 6, text: 'fe80::1', prefix: 128 };
  expect(await tryToReach({ address: link, port: 1514 }).settled).toBe('unknown');
  expect(await answersInTime({ address: link, port: 1514 }, 300)).toBe('unknown');
});
