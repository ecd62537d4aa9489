import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readHive } from '../../fixtures/standin/hive-reader';
import { writeHive } from '../../fixtures/standin/hive-writer';
import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import type { RegistryKey } from '../../fixtures/standin/registry';
import { netsh, newMachine, removeMachines } from './bench';

afterEach(removeMachines);

function exported(host = typicalHost()): { file: Buffer; path: string; rules: Record<string, string> } {
  const machine = newMachine(host);
  const path = join(machine.folder, 'policy.wfw');
  expect(netsh(machine, 'advfirewall', 'export', path)).toMatchObject({ exitCode: 0, text: 'Ok.\r\n\r\n' });
  return { file: readFileSync(path), path, rules: machine.rules() };
}

/** What the `file` utility says, or its magic numbers where it is not installed. */
function kindOf(path: string): string {
  try {
    return execFileSync('file', ['-b', path], { encoding: 'utf8' }).trim();
  } catch {
    const magic = readFileSync(path).toString('latin1', 0, 4);
    return magic === 'regf' ? 'MS Windows registry file, NT/2000 or above' : magic;
  }
}

test.each([
  ['typical', typicalHost()],
  ['empty', emptyHost()],
])('an export of the %s host is a hive with a sound header and sound bins', (_, host) => {
  const { file, path } = exported(host);
  expect(kindOf(path)).toBe('MS Windows registry file, NT/2000 or above');
  const word = (at: number): number => file.readUInt32LE(at);
  expect([word(0x04), word(0x14), word(0x18), word(0x1c), word(0x20)]).toEqual([word(0x08), 1, 5, 0, 1]);
  expect(word(0x28) % 4096).toBe(0);
  expect(file.length).toBe(4096 + word(0x28));
  expect(word(0x24)).toBeLessThan(word(0x28));
  let sum = 0;
  for (let at = 0; at < 0x1fc; at += 4) sum = (sum ^ word(at)) >>> 0;
  expect(word(0x1fc)).toBe(sum);
  let at = 0;
  while (at < word(0x28)) {
    expect(file.toString('latin1', 4096 + at, 4100 + at)).toBe('hbin');
    expect(word(4096 + at + 4)).toBe(at);
    at += word(4096 + at + 8);
  }
  expect(at).toBe(word(0x28));
});

test('cells fill every bin from end to end', () => {
  const { file } = exported();
  const bins = file.subarray(4096);
  for (let bin = 0; bin < bins.length; bin += bins.readUInt32LE(bin + 8)) {
    const end = bin + bins.readUInt32LE(bin + 8);
    let at = bin + 32;
    while (at < end) {
      const size = Math.abs(bins.readInt32LE(at));
      expect(size % 8).toBe(0);
      expect(size).toBeGreaterThan(0);
      at += size;
    }
    expect(at).toBe(end);
  }
});

test('it holds profiles and rules of the local store, and nothing of policies or restricted services', () => {
  const machine = newMachine(typicalHost());
  machine.addRule('gpo-rule', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=Gpo|', 'gpo');
  machine.addRule('mdm-rule', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=Mdm|', 'mdm');
  const path = join(machine.folder, 'policy.wfw');
  netsh(machine, 'advfirewall', 'export', path);
  const root = readHive(readFileSync(path));
  const names = root.subkeys.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['DomainProfile', 'StandardProfile', 'PublicProfile', 'ConSecRules']));
  expect(names).not.toEqual(expect.arrayContaining([expect.stringMatching(/Mdm|Restricted/)]));
  expect(root.subkeys.find(({ name }) => name === 'FirewallRules')?.values).toEqual(machine.rules());
  const domain = root.subkeys.find(({ name }) => name === 'DomainProfile');
  expect(domain?.values).toEqual({ EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 0 });
  expect(domain?.subkeys.map(({ name }) => name)).toEqual(['Logging']);
});

test('who searches bytes instead of cells finds a rule that was deleted long ago', () => {
  const { file, rules } = exported();
  const trap = Buffer.from('Name=Allow ICMP in|', 'utf16le');
  expect(file.includes(trap)).toBe(true);
  expect(Object.values(rules).join()).not.toContain('Allow ICMP in');
});

test('two exports of one policy differ in their bytes', async () => {
  const first = exported(emptyHost());
  const second = exported(emptyHost());
  expect(first.file.equals(second.file)).toBe(false);
});

describe('writing and reading', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary-ascii' }).map((text) => text.replaceAll('\0', '')),
    fc.string({ unit: 'grapheme' }),
    fc.string({ minLength: 8_000, maxLength: 20_000, unit: fc.constantFrom('x', 'я', '漢') }),
    fc.nat(),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => ({ type: 3, hex: Buffer.from(bytes).toString('hex') })),
  );
  const name = fc
    .oneof(fc.string({ maxLength: 20 }), fc.constantFrom('', '{Имя}', '規則'))
    .filter((text) => text !== '__proto__');
  const key = fc.dictionary(name, value, { maxKeys: 40, noNullPrototype: true });

  test('whatever is written is read again, and leftovers are not', () => {
    fc.assert(
      fc.property(key, key, key, (rules, profile, leftovers) => {
        const root = {
          name: 'root',
          values: {},
          subkeys: [
            { name: 'Alpha', values: profile as RegistryKey, subkeys: [{ name: 'Below', values: {}, subkeys: [] }] },
            { name: 'Beta', values: rules as RegistryKey, subkeys: [] },
          ],
        };
        expect(readHive(writeHive(root, leftovers as RegistryKey, 0))).toEqual(root);
      }),
      { numRuns: 60 },
    );
  });

  test('damage to the header is always found', () => {
    const { file } = exported(emptyHost());
    fc.assert(
      fc.property(fc.nat(0x1ff), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(file);
        damaged.writeUInt8(damaged.readUInt8(at) ^ flip, at);
        expect(() => readHive(damaged)).toThrow();
      }),
    );
  });

  test('a file cut short is always found', () => {
    const { file } = exported(emptyHost());
    fc.assert(
      fc.property(fc.nat(file.length - 1), (length) => {
        expect(() => readHive(file.subarray(0, length))).toThrow();
      }),
    );
  });
});
