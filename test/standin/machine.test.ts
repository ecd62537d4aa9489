import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bigHost, emptyHost, gpoHost, offHost, typicalHost } from '../../fixtures/standin/hosts';
import { createMachine, type HostDescription, Machine } from '../../fixtures/standin/machine';
import { paths } from '../../fixtures/standin/registry';
import { fieldOf, parseRule } from '../../fixtures/standin/rule-text';
import { addRule, firewall, netsh, newFolder, newMachine, policyKey, removeMachines, run } from './bench';

afterEach(removeMachines);

describe('the tools', () => {
  test('start with no environment at all, from any folder', () => {
    const machine = newMachine(emptyHost());
    const args = ['advfirewall', 'set', 'allprofiles', 'state', 'on'];
    const { status } = spawnSync(join(machine.system32, 'netsh.exe'), args, { env: {}, cwd: '/', stdio: 'ignore' });
    expect(status).toBe(0);
    expect(machine.fingerprint()).toContain('PublicProfile EnableFirewall: 1');
  });

  test('every run is in the log, with what it did', () => {
    const machine = newMachine(emptyHost());
    addRule(machine, 'N');
    firewall(machine, 'delete', 'rule', 'name=M');
    netsh(machine, 'advfirewall', 'reset');
    run(machine, 'reg', 'export', 'HKLM\\SOFTWARE\\Policies', join(machine.folder, 'k.reg'), '/y');
    const calls = machine.calls();
    expect(calls.map(({ tool, exitCode, effect, refused }) => [tool, exitCode, effect, refused])).toEqual([
      ['netsh', 0, 'added 1', undefined],
      ['netsh', 1, 'none', undefined],
      ['netsh', 1, 'none', true],
      ['reg', 0, `exported HKLM\\SOFTWARE\\Policies`, undefined],
    ]);
    expect(calls[2]?.argv).toEqual(['advfirewall', 'reset']);
    for (const { startedAt, endedAt } of calls) expect(endedAt).toBeGreaterThanOrEqual(startedAt);
    machine.forgetCalls();
    expect(machine.calls()).toEqual([]);
  });

  test.each(['ipv4', 'ipv6'])('netsh shows neighbours of %s, and that is none of the calls', (family) => {
    const machine = newMachine(emptyHost());
    const { exitCode, text } = netsh(machine, 'interface', family, 'show', 'neighbors');
    expect([exitCode, text]).toEqual([0, expect.stringContaining('00-00-5e-00-53-01')]);
    expect(machine.calls()).toEqual([]);
  });

  test.each([
    ['interface', 'ipv6', 'show', 'neighbours'],
    ['interface', 'ipv6', 'show'],
    ['interface', 'ipv6 show', 'neighbors'],
    ['interface', 'ipv6', 'show', 'neighbors', 'level=verbose'],
    ['interface', 'ipv5', 'show', 'neighbors'],
    ['interface', 'ipv6', 'delete', 'neighbors'],
  ])('netsh refuses %s %s %s %s %s, as every other form', (...args) => {
    const machine = newMachine(emptyHost());
    expect(netsh(machine, ...args).exitCode).not.toBe(0);
    expect(machine.calls()).toMatchObject([{ refused: true }]);
  });

  test('two machines with the same seed and calls are the same, to the last byte', () => {
    const [one, two] = [newMachine(emptyHost(7)), newMachine(emptyHost(7))];
    const other = newMachine(emptyHost(8));
    for (const machine of [one, two, other]) {
      for (let i = 0; i < 3; i++) addRule(machine, 'N', 'remoteip=192.0.2.1');
    }
    expect(one.rules()).toEqual(two.rules());
    expect(Object.keys(one.rules())).not.toEqual(Object.keys(other.rules()));
    expect(new Set(Object.keys(one.rules())).size).toBe(3);
  });
});

describe('somebody else', () => {
  test('adds, switches and removes rules', () => {
    const machine = newMachine(emptyHost());
    machine.addRule('{X}', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=Foreign|');
    expect(machine.activeNames()).toEqual(['Foreign']);
    machine.switchRule('{X}', false);
    expect(machine.activeNames()).toEqual([]);
    machine.switchRule('{X}', true);
    machine.removeRule('{X}');
    expect(machine.rules()).toEqual({});
  });

  test('writes settings and policies', () => {
    const machine = newMachine(emptyHost());
    machine.setProfileValue('private', 'EnableFirewall', 0);
    machine.setProfileValue('private', 'EnableFirewall', 0, 'gpo');
    machine.setProfileValue('private', 'EnableFirewall', 0, 'mdm');
    machine.addRule('r', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=Gpo|', 'gpo');
    const { keys } = machine.registry();
    expect(keys[`${paths.local}\\StandardProfile`]).toEqual({ EnableFirewall: 0 });
    expect(keys[`${paths.gpo}\\PrivateProfile`]).toEqual({ EnableFirewall: 0 });
    expect(keys[`${paths.local}\\Mdm\\StandardProfile`]).toEqual({ EnableFirewall: 0 });
    expect(machine.activeNames('gpo')).toEqual(['Gpo']);
    machine.setProfileValue('private', 'EnableFirewall', undefined);
    expect(machine.policyFingerprint()).toBe('');
  });

  test('is Windows itself, which adds a rule after the second call, once', () => {
    const machine = newMachine(emptyHost());
    const rule = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=Arrived|';
    machine.configure({ arrivals: [{ afterCall: 2, id: '{A}', rule }] });
    addRule(machine, 'First');
    expect(machine.activeNames()).toEqual(['First']);
    addRule(machine, 'Second');
    expect(machine.activeNames()).toEqual(['First', 'Second', 'Arrived']);
    machine.removeRule('{A}');
    addRule(machine, 'Third');
    expect(machine.activeNames()).toEqual(['First', 'Second', 'Third']);
  });

  test('finds the machine where it is', () => {
    const { folder } = newMachine(typicalHost());
    expect(Object.keys(new Machine(folder).rules())).toHaveLength(300);
  });
});

describe('the fingerprint', () => {
  test('is the same for a rule in another version, order and address form', () => {
    const machine = newMachine(emptyHost());
    machine.addRule('r', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|RA4=192.0.2.1/32|Name=N|');
    const before = machine.fingerprint();
    machine.addRule('r', 'v2.10|Name=N|Dir=In|RA4=192.0.2.1/255.255.255.255|Active=TRUE|Protocol=6|Action=Allow|');
    expect(machine.fingerprint()).toBe(before);
  });

  test.each<[string, (machine: Machine) => void]>([
    ['an address', (machine) => machine.addRule('r', 'v2.31|Active=TRUE|RA4=192.0.2.1/31|Name=N|')],
    ['a flag', (machine) => machine.switchRule('r', false)],
    ['an id', (machine) => machine.addRule('s', machine.rules().r ?? '')],
    ['a rule less', (machine) => machine.removeRule('r')],
    ['a setting, though it is the default', (machine) => machine.setProfileValue('public', 'EnableFirewall', 1)],
  ])('is another with %s', (_, change) => {
    const machine = newMachine(emptyHost());
    machine.addRule('r', 'v2.31|Active=TRUE|RA4=192.0.2.1|Name=N|');
    const before = machine.fingerprint();
    change(machine);
    expect(machine.fingerprint()).not.toBe(before);
  });
});

describe('hosts', () => {
  const rulesOf = (host: HostDescription) => Object.values(createMachine(newFolder(), host).rules()).map(parseRule);

  test('typical: what an office PC has', () => {
    const rules = rulesOf(typicalHost());
    const texts = Object.values(newMachine(typicalHost()).rules()).join('\n');
    const count = (field: string, value: string): number =>
      rules.filter((rule) => fieldOf(rule, field) === value).length;
    expect(rules).toHaveLength(300);
    expect(count('Active', 'FALSE')).toBeGreaterThan(30);
    expect(count('Action', 'Block')).toBeGreaterThan(10);
    for (const script of [/\p{Script=Cyrillic}/u, /\p{Script=Han}/u, /\p{Script=Katakana}/u, /\p{Script=Arabic}/u]) {
      expect(texts).toMatch(script);
    }
    for (const part of ['Name=@FirewallAPI.dll,-', 'App=', 'Svc=', 'Edge=TRUE', 'RA4=LocalSubnet']) {
      expect(texts).toContain(part);
    }
    const { keys } = typicalHost().registry;
    expect(keys[`${policyKey}\\PublicProfile`]?.EnableFirewall).toBe(0);
    expect(keys[`${policyKey}\\StandardProfile`]).not.toHaveProperty('DefaultOutboundAction');
  });

  test('the others', () => {
    expect(newMachine(emptyHost()).policyFingerprint()).toBe('');
    expect(
      newMachine(offHost())
        .fingerprint()
        .match(/EnableFirewall: 0/g),
    ).toHaveLength(3);
    expect(Object.keys(newMachine(bigHost()).rules())).toHaveLength(5_000);
    expect(Object.keys(newMachine(bigHost(30_000)).rules())).toHaveLength(30_000);
    expect(newMachine(gpoHost()).activeNames('gpo')).toHaveLength(2);
  });

  test('are the same every time', () => {
    expect(typicalHost()).toEqual(typicalHost());
    expect(typicalHost(2)).not.toEqual(typicalHost());
  });
});

test('nothing of the stand-in knows the product', () => {
  const machine = newMachine(emptyHost());
  const code = ['netsh', 'reg'].map((tool) => readFileSync(join(machine.system32, `${tool}.exe`), 'utf8')).join('');
  expect(code).not.toMatch(/^\/\/ (?:\.\.\/)*src\//m);
});
