import { bigHost, emptyHost, gpoHost, offHost, typicalHost } from '../../fixtures/standin/hosts';
import { paths } from '../../fixtures/standin/registry';
import { parseRegistryFile, type RegistryKeys } from '../../src/windows/registry-file';
import { compareVerdicts } from '../firewall/windows/read/agreement';
import { useWindows, type Windows } from './windows';

const newWindows = useWindows();
const flows = 200;

/** How many of the flows our evaluator leaves open; it throws where it and the stand-in say the opposite. */
function flowsLeftOpen(windows: Windows, seed: string): number {
  const keys = {
    local: keysOf(windows, paths.local),
    policies: keysOf(windows, 'HKLM\\SOFTWARE\\Policies\\Microsoft'),
  };
  return compareVerdicts(keys, windows.registry(), seed, flows);
}

function keysOf(windows: Windows, key: string): RegistryKeys {
  const parsed = parseRegistryFile(windows.export(key) ?? Buffer.alloc(0));
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed.keys;
}

test.each([
  ['typical', typicalHost(), 0],
  ['empty', emptyHost(), 0],
  ['switched off', offHost(), 0],
  ['full of 5,000 rules', bigHost(5000), 0],
  // Its domain lets somebody in, which the seal closes.
  ['managed by a domain', gpoHost(), 0],
])(
  'a host that is %s is contained, contained again, and is as it was after release',
  async (kind, description, exitCode) => {
    const windows = newWindows().setUpHost(description);
    const before = windows.fingerprint();
    expect(flowsLeftOpen(windows, kind)).toBeLessThan(flows / 5);

    expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode });
    const first = windows.traffic();
    expect(first.isContained).toBe(true);
    expect(first.passes('in', '192.0.2.50')).toBe(true);
    expect(flowsLeftOpen(windows, `${kind}, contained`)).toBeLessThan(flows / 5);

    expect(await windows.run('ADD', '-', '192.0.2.51')).toMatchObject({ exitCode });
    const second = windows.traffic();
    expect(second.isContained).toBe(true);
    expect(second.passes('in', '192.0.2.50')).toBe(false);
    expect(second.passes('in', '192.0.2.51')).toBe(true);

    expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(windows.fingerprint()).toBe(before);
    expect(windows.calls().filter(({ refused }) => refused)).toEqual([]);
  },
);
