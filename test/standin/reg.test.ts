import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import type { Machine } from '../../fixtures/standin/machine';
import type { RegistryKey } from '../../fixtures/standin/registry';
import { addRule, type Ended, newMachine, policyKey, removeMachines, run } from './bench';

afterEach(removeMachines);

const fileOf = (machine: Machine): string => join(machine.folder, 'key.reg');
const exportKey = (machine: Machine, key: string, ...more: string[]): Ended =>
  run(machine, 'reg', 'export', key, fileOf(machine), '/y', ...more);

function exported(machine: Machine, key: string, ...more: string[]): string {
  expect(exportKey(machine, key, ...more)).toMatchObject({ exitCode: 0, errors: '' });
  return readFileSync(fileOf(machine)).toString('utf16le');
}

function machineWith(keys: Record<string, RegistryKey>): Machine {
  return newMachine({ registry: { keys: { ...emptyHost().registry.keys, ...keys } } });
}

test('a key and all below it, in the syntax and the bytes of a .reg file', () => {
  const machine = machineWith({
    'HKLM\\SOFTWARE\\Test': {},
    'HKLM\\SOFTWARE\\Test\\b': { '': 'default', number: 10, large: 0xdeadbeef },
    'HKLM\\SOFTWARE\\Test\\a': { 'C:\\x "y"': '"quoted" \\ Имя 規則', empty: '' },
    'HKLM\\SOFTWARE\\Testing': { not: 'this' },
  });
  const file = exportKey(machine, 'HKLM\\SOFTWARE\\Test', '/reg:64');
  expect(file).toMatchObject({ exitCode: 0, text: 'The operation completed successfully.\r\n\r\n' });
  expect(readFileSync(fileOf(machine)).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xfe]));
  expect(readFileSync(fileOf(machine)).toString('utf16le')).toBe(
    [
      '\ufeffWindows Registry Editor Version 5.00',
      '',
      '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test]',
      '',
      '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\a]',
      '"C:\\\\x \\"y\\""="\\"quoted\\" \\\\ Имя 規則"',
      '"empty"=""',
      '',
      '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\b]',
      '@="default"',
      '"number"=dword:0000000a',
      '"large"=dword:deadbeef',
      '',
      '',
    ].join('\r\n'),
  );
});

test('bytes go over several lines', () => {
  const hex = Buffer.from(Array.from({ length: 40 }, (_, i) => i)).toString('hex');
  const machine = machineWith({ 'HKLM\\SOFTWARE\\Test': { list: { type: 7, hex }, raw: { type: 3, hex: 'ff' } } });
  expect(exported(machine, 'HKLM\\SOFTWARE\\Test').split('\r\n').slice(3, -2)).toEqual([
    '"list"=hex(7):00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,\\',
    '  15,16,17,18,19,1a,1b,1c,1d,1e,1f,20,21,22,23,24,25,26,27',
    '"raw"=hex:ff',
  ]);
});

test('the root in either spelling, names in any case', () => {
  const machine = newMachine(emptyHost());
  const long = exported(machine, 'HKEY_LOCAL_MACHINE\\system\\currentcontrolset\\SERVICES\\mpssvc');
  expect(long).toContain('"Start"=dword:00000002');
  expect(long).toContain('[HKEY_LOCAL_MACHINE\\');
});

test('the installer key is in the 32-bit view of SOFTWARE only', () => {
  const machine = newMachine(emptyHost());
  const seen = exported(machine, 'HKLM\\SOFTWARE\\ossec', '/reg:32');
  expect(seen).toContain(
    '[HKEY_LOCAL_MACHINE\\SOFTWARE\\ossec]\r\n"Install_Dir"="C:\\\\Program Files (x86)\\\\ossec-agent"',
  );
  expect(exportKey(machine, 'HKLM\\SOFTWARE\\ossec', '/reg:64').exitCode).toBe(1);
  expect(exportKey(machine, 'HKLM\\SOFTWARE\\ossec').exitCode).toBe(1);
  expect(exportKey(machine, 'HKLM\\SOFTWARE\\Policies\\Microsoft', '/reg:32').exitCode).toBe(0);
});

test('a missing key: exit 1, told on standard error, no file', () => {
  const machine = newMachine(emptyHost());
  const ended = exportKey(machine, 'HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall');
  expect(ended).toMatchObject({ exitCode: 1, text: '' });
  expect(ended.errors).toBe('ERROR: The system was unable to find the specified registry key or value.\r\n');
  expect(existsSync(fileOf(machine))).toBe(false);
});

test('an existing file is written over, a missing folder is not made', () => {
  const machine = newMachine(emptyHost());
  writeFileSync(fileOf(machine), 'x'.repeat(100_000));
  expect(exported(machine, 'HKLM\\SOFTWARE\\ossec', '/reg:32')).toMatch(/agent"\r\n\r\n$/);
  const lost = join(machine.folder, 'missing', 'key.reg');
  expect(run(machine, 'reg', 'export', 'HKLM\\SOFTWARE\\Policies', lost, '/y').exitCode).toBe(1);
});

test.each([
  [['query', 'HKLM\\SOFTWARE\\Policies']],
  [['export', 'HKLM\\SOFTWARE\\Policies', 'f.reg']],
  [['export', 'HKCU\\Software', 'f.reg', '/y']],
  [['export', 'HKLM', 'f.reg', '/y']],
  [['export', 'HKLM\\SOFTWARE\\', 'f.reg', '/y']],
  [['export', 'HKLM\\SOFTWARE', 'f.reg', '/y', '/reg:32', '/reg:64']],
  [['export', 'HKLM\\SOFTWARE', 'f.reg', '/y', '/va']],
  [['delete', 'HKLM\\SOFTWARE', '/f']],
  [[]],
])('every other form is refused: %j', (args) => {
  const machine = newMachine(emptyHost());
  const ended = run(machine, 'reg', ...args);
  expect(ended.exitCode).toBe(1);
  expect(ended.errors).toContain('stand-in reg refuses');
  expect(machine.calls()).toMatchObject([{ tool: 'reg', argv: args, refused: true }]);
});

test('what netsh did shows in the registry only after the lag', () => {
  const machine = newMachine(typicalHost());
  machine.configure({ registryLagMs: 600_000 });
  const before = exported(machine, policyKey);
  addRule(machine, 'First');
  addRule(machine, 'Second');
  expect(machine.activeNames()).toEqual(expect.arrayContaining(['First', 'Second']));
  expect(exported(machine, policyKey)).toBe(before);
  machine.configure({ registryLagMs: 1 });
  expect(exported(machine, policyKey)).toContain('Name=Second');
});
