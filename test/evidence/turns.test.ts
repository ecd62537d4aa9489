import { beginInTurn } from '../../src/evidence/turns';

/** Collections that note when they begin, and end when they are told to. */
function collect(names: readonly string[], withinMs = 1200) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  beginInTurn(
    names,
    (name, turn) => {
      const ended = new Promise<void>((end) => ends.set(name, end));
      void turn.then(() => begun.push(name));
      return { ended };
    },
    withinMs,
  );
  const settle = (): Promise<unknown> => jest.advanceTimersByTimeAsync(0);
  return { begun, settle, end: (name: string) => ends.get(name)?.() };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('two begin at once, and each that ends lets the next one begin, in their order', async () => {
  const { begun, settle, end } = collect(['connections', 'processes', 'arp', 'routes']);
  await settle();
  expect(begun).toEqual(['connections', 'processes']);
  end('processes');
  await settle();
  expect(begun).toEqual(['connections', 'processes', 'arp']);
  end('connections');
  end('arp');
  await settle();
  expect(begun).toEqual(['connections', 'processes', 'arp', 'routes']);
});

test('where all hang, all have begun in the time that is given', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `tool ${index}`);
  const { begun } = collect(names, 1200);
  await jest.advanceTimersByTimeAsync(600);
  expect(begun.length).toBeLessThan(12);
  await jest.advanceTimersByTimeAsync(600);
  expect(begun).toEqual(names);
});

test.each([0, 1, 2])('%i of them begin', async (count) => {
  const names = ['a', 'b'].slice(0, count);
  const { begun, settle } = collect(names);
  await settle();
  expect(begun).toEqual(names);
  await jest.advanceTimersByTimeAsync(5000);
  expect(begun).toEqual(names);
});
