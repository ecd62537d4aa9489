import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHive } from '../../fixtures/standin/hive-reader';
import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import type { Machine } from '../../fixtures/standin/machine';
import { addRule, firewall, netsh, newMachine, removeMachines, run, start } from './bench';

afterEach(removeMachines);

const fileOf = (machine: Machine): string => join(machine.folder, 'policy.wfw');
const exportPolicy = (machine: Machine) => netsh(machine, 'advfirewall', 'export', fileOf(machine));
const names = (machine: Machine): string[] => machine.activeNames();

describe('one run', () => {
  test('fail: exit 1, no effect', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'fail', match: 'add' });
    expect(addRule(machine, 'N').exitCode).toBe(1);
    expect(names(machine)).toEqual([]);
    expect(machine.calls()).toMatchObject([{ exitCode: 1, effect: 'none', faults: ['fail'] }]);
  });

  test('commit-and-fail: done, exit 1', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'commit-and-fail', match: 'add' });
    expect(addRule(machine, 'N').exitCode).toBe(1);
    expect(names(machine)).toEqual(['N']);
  });

  test('lie: Ok, no effect, and an export leaves no file', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'lie' });
    expect(addRule(machine, 'N')).toMatchObject({ exitCode: 0, text: 'Ok.\r\n\r\n' });
    expect(exportPolicy(machine).exitCode).toBe(0);
    expect(names(machine)).toEqual([]);
    expect(existsSync(fileOf(machine))).toBe(false);
  });

  test('crash: the status of an access violation, no effect', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'crash', match: 'add' });
    expect(addRule(machine, 'N').exitCode).toBe(0xc0000005 & 0xff);
    expect(names(machine)).toEqual([]);
  });

  test('killed: before it did anything', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'killed', match: 'add' });
    expect(addRule(machine, 'N')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    expect(names(machine)).toEqual([]);
    expect(machine.calls()[0]).not.toHaveProperty('exitCode');
  });

  test('killed-after: when it had done everything', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'killed-after', match: 'add' });
    expect(addRule(machine, 'N').signal).toBe('SIGKILL');
    expect(names(machine)).toEqual(['N']);
  });

  test('flood: done, with a megabyte of output', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'flood', match: 'add' });
    const ended = addRule(machine, 'N');
    expect(ended.exitCode).toBe(0);
    expect(ended.output.length).toBeGreaterThan(1_000_000);
    expect(names(machine)).toEqual(['N']);
  });

  test.each([
    ['cp850', Buffer.from('\r\nKeine Regeln stimmen mit den angegebenen Kriterien \x81berein.', 'latin1')],
    ['cp866', Buffer.from('\r\n\x8d\xa8 \xae\xa4\xad\xae \xaf\xe0\xa0\xa2\xa8\xab\xae', 'latin1')],
    ['cp932', Buffer.from('\r\n\x8e\x77\x92\xe8\x82\xb3\x82\xea\x82\xbd', 'latin1')],
    ['utf8', Buffer.from('\r\n指定された条件')],
  ] as const)('garble: done, but told in %s', (encoding, bytes) => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'garble', encoding });
    const none = firewall(machine, 'delete', 'rule', 'name=N');
    expect(none.exitCode).toBe(1);
    expect(none.output.subarray(0, bytes.length)).toEqual(bytes);
    const added = addRule(machine, 'N');
    expect(added.exitCode).toBe(0);
    expect(added.text).not.toContain('Ok.');
    expect(names(machine)).toEqual(['N']);
  });
});

describe('time', () => {
  test('hang: never ends, and nothing is done', async () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'hang', match: 'state' });
    const running = start(machine, 'netsh', 'advfirewall', 'set', 'allprofiles', 'state', 'on');
    await running.until(() => machine.calls()[0]?.faults[0] === 'hang');
    expect(machine.policyFingerprint()).toBe('');
    running.stop();
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(machine.calls()[0]).not.toHaveProperty('endedAt');
  });

  test('hang-after: done, then never ends; it is gone once its machine is gone', async () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'hang-after', match: 'state' });
    const running = start(machine, 'netsh', 'advfirewall', 'set', 'allprofiles', 'state', 'on');
    await running.until(() => machine.fingerprint().includes('EnableFirewall: 1'));
    rmSync(machine.folder, { recursive: true });
    expect(await running.ended).toEqual({ code: 1, signal: null });
  });

  test('slow: late, but done', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'slow', match: 'add', ms: 300 });
    expect(addRule(machine, 'N').exitCode).toBe(0);
    const [call] = machine.calls();
    expect((call?.endedAt ?? 0) - (call?.startedAt ?? 0)).toBeGreaterThanOrEqual(290);
    expect(names(machine)).toEqual(['N']);
  });
});

describe('which run', () => {
  test('the nth that matches, counted over all runs', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'fail', match: 'add', nth: 2 });
    netsh(machine, 'advfirewall', 'set', 'allprofiles', 'state', 'on');
    expect([1, 2, 3].map((i) => addRule(machine, `N${i}`).exitCode)).toEqual([0, 1, 0]);
    expect(machine.calls().map(({ faults }) => faults)).toEqual([[], [], ['fail'], []]);
  });

  test('by a part of the arguments, by tool, or none', () => {
    const machine = newMachine(emptyHost());
    const reg = () =>
      run(machine, 'reg', 'export', 'HKLM\\SOFTWARE\\Policies', join(machine.folder, 'k.reg'), '/y').exitCode;
    machine.setFaults({ kind: 'fail', match: 'name=Second' }, { kind: 'fail', tool: 'reg', match: 'export' });
    expect([addRule(machine, 'First').exitCode, addRule(machine, 'Second').exitCode]).toEqual([0, 1]);
    expect([exportPolicy(machine).exitCode, reg()]).toEqual([0, 1]);
    machine.setFaults({ kind: 'fail', match: 'import' });
    expect(netsh(machine, 'advfirewall', 'export', join(machine.folder, 'to import.wfw')).exitCode).toBe(0);
    machine.setFaults();
    expect([addRule(machine, 'Second').exitCode, reg()]).toEqual([0, 0]);
  });
});

describe('exports', () => {
  test('cut-export: exit 0, half a file', () => {
    const machine = newMachine(typicalHost());
    machine.setFaults({ kind: 'cut-export' });
    expect(exportPolicy(machine).exitCode).toBe(0);
    expect(() => readHive(readFileSync(fileOf(machine)))).toThrow();
    expect(readFileSync(fileOf(machine)).toString('latin1', 0, 4)).toBe('regf');
  });

  test('junk-export: exit 0, noise', () => {
    const machine = newMachine(typicalHost());
    machine.setFaults({ kind: 'junk-export' });
    expect(exportPolicy(machine).exitCode).toBe(0);
    expect(readFileSync(fileOf(machine))).toHaveLength(65_536);
    expect(() => readHive(readFileSync(fileOf(machine)))).toThrow();
  });

  test('hollow-export: a sound hive that lacks rules, which its free cells still have', () => {
    const machine = newMachine(typicalHost());
    machine.setFaults({ kind: 'hollow-export', rules: 3 });
    expect(exportPolicy(machine).exitCode).toBe(0);
    const file = readFileSync(fileOf(machine));
    const held = readHive(file).subkeys.find(({ name }) => name === 'FirewallRules')?.values ?? {};
    const ids = Object.keys(machine.rules());
    expect(Object.keys(held)).toEqual(ids.slice(0, 3));
    expect(ids.filter((id) => !file.includes(id))).toEqual([]);
  });

  test('cut-export of reg: half a file', () => {
    const machine = newMachine(typicalHost());
    const path = join(machine.folder, 'k.reg');
    const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\MpsSvc';
    run(machine, 'reg', 'export', key, path, '/y');
    const whole = readFileSync(path);
    machine.setFaults({ kind: 'cut-export', tool: 'reg' });
    expect(run(machine, 'reg', 'export', key, path, '/y').exitCode).toBe(0);
    expect(readFileSync(path)).toEqual(whole.subarray(0, whole.length >> 1));
  });
});

describe('imports', () => {
  test.each([
    ['fail', 1, null],
    ['kill', null, 'SIGKILL'],
  ] as const)('import-dies-after, by %s: old settings, some of the rules', (how, exitCode, signal) => {
    const machine = newMachine(typicalHost());
    const before = machine.rules();
    exportPolicy(machine);
    netsh(machine, 'advfirewall', 'set', 'allprofiles', 'firewallpolicy', 'blockinbound,blockoutbound');
    machine.setFaults({ kind: 'import-dies-after', rules: 7, how });
    expect(netsh(machine, 'advfirewall', 'import', fileOf(machine))).toMatchObject({ exitCode, signal });
    expect(Object.keys(machine.rules())).toEqual(Object.keys(before).slice(0, 7));
    expect(machine.fingerprint()).not.toContain('DefaultOutboundAction: 1');
  });
});

test('import-dies-after, by hang: stands still with some of the rules back', async () => {
  const machine = newMachine(typicalHost());
  exportPolicy(machine);
  machine.setFaults({ kind: 'import-dies-after', rules: 7, how: 'hang' });
  const running = start(machine, 'netsh', 'advfirewall', 'import', fileOf(machine));
  await running.until(() => Object.keys(machine.rules()).length === 7);
  running.stop();
  expect((await running.ended).signal).toBe('SIGKILL');
  expect(Object.keys(machine.rules())).toHaveLength(7);
});

describe('lines of a script', () => {
  const script = (machine: Machine) => {
    const path = join(machine.folder, 'script.txt');
    const add = (name: string): string => `advfirewall firewall add rule name=${name} dir=in protocol=tcp action=allow`;
    writeFileSync(path, ['One', 'Two', 'Three'].map(add).join('\r\n'));
    return netsh(machine, '-f', path);
  };

  test.each([{ line: 2 }, { name: 'Two' }])('add-skipped %j: silently not done', (which) => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'add-skipped', ...which });
    expect(script(machine)).toMatchObject({ exitCode: 0, text: '' });
    expect(names(machine)).toEqual(['One', 'Three']);
  });

  test('fail, by name: in the script and in every later attempt', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'fail', match: 'add', name: 'Two' });
    expect(script(machine).exitCode).toBe(1);
    expect(addRule(machine, 'Two').exitCode).toBe(1);
    expect(names(machine)).toEqual(['One', 'Three']);
  });

  test.each([
    ['killed', ['One']],
    ['killed-after', ['One', 'Two']],
  ] as const)('%s: the lines before it are done', (kind, done) => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind, line: 2 });
    expect(script(machine).signal).toBe('SIGKILL');
    expect(names(machine)).toEqual(done);
  });

  test('a fault for the whole script does not hit its lines', () => {
    const machine = newMachine(emptyHost());
    machine.setFaults({ kind: 'fail', match: 'add' });
    expect(script(machine).exitCode).toBe(0);
    machine.setFaults({ kind: 'lie', match: 'script' });
    expect(script(machine).exitCode).toBe(0);
    expect(names(machine)).toEqual(['One', 'Two', 'Three']);
  });
});
