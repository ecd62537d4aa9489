import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const source = join(__dirname, '../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/**
 * From the highest to the lowest. A room imports from itself and from lower ones; what all of them may use is last.
 */
const layers = [
  ...[
    ['contain-host'],
    ['main', 'this-host'],
    ['commands'],
    ['doctor', 'fleet', 'report'],
    ['order'],
    ['firewall', 'evidence'],
  ],
  ...[['agent', 'state'], ['windows', 'request'], ['outcome'], ['policy', 'process'], ['host', 'json']],
];
const levelOf = (room: string): number => layers.findIndex((layer) => layer.includes(room));
const roomOf = (file: string): string => file.replace(/\.ts$/, '').split('/')[0] ?? '';

interface Import {
  readonly from: string;
  readonly to: string;
  /** Not before it is needed, or for its types only. */
  readonly isLater: boolean;
}

const imports: readonly Import[] = files.flatMap((from) =>
  [
    ...readFileSync(join(source, from), 'utf8').matchAll(/(import type .*?from |from |import\(|require\()'(\.[^']+)'/g),
  ].map(([, how = '', path = '']) => {
    const to = relative(source, join(source, from, '..', path));
    return { from, to: existsSync(join(source, `${to}.ts`)) ? `${to}.ts` : to, isLater: how !== 'from ' };
  }),
);

test('every room has its layer, and imports run down', () => {
  expect(files.filter((file) => levelOf(roomOf(file)) === -1)).toEqual([]);
  const inside = imports.filter(({ to }) => !to.startsWith('..'));
  const wrong = inside.filter(({ from, to }) => {
    const [above, below] = [roomOf(from), roomOf(to)];
    return above !== below && levelOf(above) >= levelOf(below);
  });
  expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});

test('an order loads nothing of fleet, report and doctor, and no command but its own', () => {
  const loaded = new Set([
    ...['main.ts', 'commands/order.ts', 'order/carry-out.ts', 'order/run-in-worker.ts', 'order/add.ts'],
    ...['order/release.ts', 'firewall/windows/windows-firewall.ts', 'firewall/linux/nftables.ts'],
  ]);
  for (const file of loaded)
    for (const { to } of imports.filter(({ from, isLater }) => from === file && !isLater)) loaded.add(to);
  const others = [...loaded].filter((file) =>
    /^(fleet|doctor|report)\/|^commands\/(plan|status|doctor|reserve|report|evidence|fleet)/.test(file),
  );
  expect(loaded.size).toBeGreaterThan(50);
  expect(others).toEqual([]);
});
