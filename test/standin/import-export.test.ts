import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bigHost, emptyHost, gpoHost, offHost, typicalHost } from '../../fixtures/standin/hosts';
import type { Machine } from '../../fixtures/standin/machine';
import { addRule, firewall, netsh, newMachine, removeMachines, start } from './bench';

afterEach(removeMachines);

const fileOf = (machine: Machine): string => join(machine.folder, 'policy file.wfw');
const exportTo = (machine: Machine, path = fileOf(machine)) => netsh(machine, 'advfirewall', 'export', path);
const importFrom = (machine: Machine, path = fileOf(machine)) => netsh(machine, 'advfirewall', 'import', path);

describe('export', () => {
  test('an existing target is refused and stays as it is', () => {
    const machine = newMachine(emptyHost());
    writeFileSync(fileOf(machine), 'old');
    expect(exportTo(machine)).toMatchObject({ exitCode: 1, errors: '' });
    expect(readFileSync(fileOf(machine), 'utf8')).toBe('old');
  });

  test('a folder as the target is refused', () => {
    const machine = newMachine(emptyHost());
    mkdirSync(fileOf(machine));
    expect(exportTo(machine).exitCode).toBe(1);
  });

  test('a missing folder is refused', () => {
    const machine = newMachine(emptyHost());
    const path = join(machine.folder, 'missing', 'policy.wfw');
    expect(exportTo(machine, path).exitCode).toBe(1);
    expect(existsSync(path)).toBe(false);
  });

  test('it needs the rights and the service', () => {
    const machine = newMachine(emptyHost());
    machine.configure({ elevated: false });
    expect(exportTo(machine).exitCode).toBe(1);
    machine.configure({ elevated: true, serviceRunning: false });
    expect(exportTo(machine).exitCode).toBe(1);
    expect(existsSync(fileOf(machine))).toBe(false);
  });
});

describe('import', () => {
  test.each([
    ['typical', () => typicalHost()],
    ['empty', () => emptyHost()],
    ['off', () => offHost()],
    ['managed', () => gpoHost()],
    ['big', () => bigHost()],
    ['bloated', () => bigHost(30_000)],
  ])('brings back the policy of the %s host, whatever was done to it', (_, host) => {
    const machine = newMachine(host());
    const before = machine.fingerprint();
    exportTo(machine);
    firewall(machine, 'set', 'rule', 'all', 'new', 'enable=no');
    addRule(machine, 'Added since');
    netsh(machine, 'advfirewall', 'set', 'allprofiles', 'state', 'on');
    netsh(machine, 'advfirewall', 'set', 'allprofiles', 'firewallpolicy', 'blockinbound,blockoutbound');
    expect(machine.fingerprint()).not.toBe(before);
    expect(importFrom(machine)).toMatchObject({ exitCode: 0, text: 'Ok.\r\n\r\n' });
    expect(machine.fingerprint()).toBe(before);
  });

  test('the rules come back under their ids, in another form', () => {
    const machine = newMachine(typicalHost());
    const before = machine.rules();
    exportTo(machine);
    importFrom(machine);
    expect(Object.keys(machine.rules())).toEqual(Object.keys(before));
    const rewritten = Object.entries(machine.rules()).filter(([id, text]) => text !== before[id]);
    expect(rewritten.length).toBeGreaterThan(200);
  });

  test('policies of domain and device management are not touched', () => {
    const machine = newMachine(gpoHost());
    const others = () => Object.entries(machine.registry().keys).filter(([key]) => /Policies|Mdm|Restricted/.test(key));
    const before = others();
    exportTo(machine);
    importFrom(machine);
    expect(others()).toEqual(before);
  });

  test.each<[string, (path: string) => void]>([
    ['missing', () => {}],
    ['empty', (path) => writeFileSync(path, '')],
    ['no hive', (path) => writeFileSync(path, Buffer.alloc(65_536, 7))],
    ['cut short', (path) => truncateSync(path, statSync(path).size - 1)],
    ['torn', (path) => patch(path, 0x08, 2)],
    ['with another checksum', (path) => patch(path, 0x1fc, 0)],
    ['with a broken bin', (path) => patch(path, 4096, 0)],
  ])('a file that is %s fails before any change', (what, spoil) => {
    const machine = newMachine(typicalHost());
    if (!['missing', 'empty', 'no hive'].includes(what)) exportTo(machine);
    spoil(fileOf(machine));
    const before = machine.registry();
    expect(importFrom(machine).exitCode).toBe(1);
    expect(machine.registry()).toEqual(before);
  });

  test('a kill in the middle leaves the old settings and only some of the rules', async () => {
    const machine = newMachine(typicalHost());
    exportTo(machine);
    netsh(machine, 'advfirewall', 'set', 'allprofiles', 'firewallpolicy', 'blockinbound,blockoutbound');
    machine.setFaults({ kind: 'slow', match: 'import', ms: 60_000 });
    const running = start(machine, 'netsh', 'advfirewall', 'import', fileOf(machine));
    await running.until(() => machine.fingerprint().includes('DomainProfile DefaultOutboundAction: 0'));
    running.stop();
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(machine.rules()).toEqual({});
    expect(machine.fingerprint()).not.toContain('StandardProfile DefaultOutboundAction');
  });
});

function patch(path: string, at: number, value: number): void {
  const file = readFileSync(path);
  file.writeUInt32LE(value, at);
  writeFileSync(path, file);
}
