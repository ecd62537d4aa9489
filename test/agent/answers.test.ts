import { type AddressInfo, createServer } from 'node:net';
import { answers, answersInTime } from '../../src/agent/answers';
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
  expect(await answers({ address, port }, 5000)).toBe(true);
  await close();
  expect(await answers({ address, port }, 5000)).toBe(false);
});

test('one that does not answer at once has the whole time for it', async () => {
  const port = await listen(0);
  await close();
  const answer = answersInTime({ address, port }, 20_000);
  expect(await answers({ address, port }, 5000)).toBe(false);
  await listen(port);
  expect(await answer).toBe(true);
});

test('one that never answers does not have more', async () => {
  const port = await listen(0);
  await close();
  expect(await answersInTime({ address, port }, 300)).toBe(false);
});
