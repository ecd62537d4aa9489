import { beginInTurn, toolsAtOnce } from '../../src/evidence/turns';

/** Collections that note when they begin, and end when they are told to. */
function collect(names: readonly string[], { withinMs = 1200, atOnce = 2 } = {}) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  beginInTurn(
    names,
    (name, turn) => {
      const ended = new Promise<void>((end) => ends.set(name, end));
      void turn.then(() => begun.push(name));
      return { ended };
    },
    { atOnce, withinMs },
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

test('a host with one processor or two has one at a time, since the order needs the other', async () => {
  expect([1, 2, 3, 64].map(toolsAtOnce)).toEqual([1, 1, 2, 2]);
  const { begun, settle, end } = collect(['connections', 'processes', 'arp'], { atOnce: 1 });
  await settle();
  expect(begun).toEqual(['connections']);
  end('connections');
  await settle();
  expect(begun).toEqual(['connections', 'processes']);
});

test('where all hang, all have begun in the time that is given', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `tool ${index}`);
  const { begun } = collect(names);
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
