import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { acceptRules } from '../../src/firewall/linux/rules';
import { loadCommands, transaction } from '../../src/firewall/linux/ruleset';
import type { Surroundings } from '../../src/firewall/linux/surroundings';
import { addRule, blockByDefault, disableEveryRule, scriptText, switchOn } from '../../src/firewall/windows/netsh';
import type { Address } from '../../src/policy/address';
import type { AllowList, Server } from '../../src/policy/allow-list';
import { rulesOf } from '../../src/policy/rules';

const host4 = (text: string): Address => ({ family: 4, text, prefix: 32 });
const host6 = (text: string): Address => ({ family: 6, text, prefix: 128 });
const server = (address: Address, protocol: 'udp' | 'tcp'): Server => ({ address, port: 1514, protocols: [protocol] });

/** Each has its lists in fixtures/what-passes, written down and read line by line. */
const hosts: Readonly<Record<string, AllowList>> = {
  'one-server-by-udp': {
    servers: [server(host4('10.0.0.5'), 'udp')],
    handlers: [host4('192.0.2.50')],
    needsDns: false,
  },
  'two-servers-by-tcp-and-a-name': {
    servers: [server(host4('10.0.0.5'), 'tcp'), server(host4('10.0.0.6'), 'tcp')],
    handlers: [host4('192.0.2.50')],
    needsDns: true,
  },
  ipv6: { servers: [server(host6('2001:db8::5'), 'udp')], handlers: [host6('2001:db8::50')], needsDns: false },
  'alert-without-handler': { servers: [server(host4('10.0.0.5'), 'udp')], handlers: [], needsDns: false },
};
const around: Surroundings = {
  ...{ resolvers: [host4('10.0.0.53')], dhcpUsers: [0], dhcpServers: [host4('10.0.0.1')] },
  ...{
    ownIp6: [host6('fe80::12:3456')],
    onLink: [{ family: 6, text: '2001:db8:1::', prefix: 64 }],
    byIpv6Neighbour: 'no',
    rewritten: [],
    virtual: [],
    lost: [],
  },
};
const listOf = (name: string, system: string): string =>
  readFileSync(join(__dirname, '../../fixtures/what-passes', `${name}.${system}.txt`), 'utf8');

test.each(Object.entries(hosts))('%s: the exact commands on Windows', (name, allowList) => {
  const commands = [disableEveryRule, ...rulesOf(allowList).map(addRule), switchOn, blockByDefault];
  expect(scriptText(commands).replaceAll('\r\n', '\n')).toBe(listOf(name, 'windows'));
});

test.each(Object.entries(hosts))('%s: the exact ruleset on Linux', (name, allowList) => {
  expect(transaction(loadCommands(acceptRules(allowList, around)))).toBe(listOf(name, 'linux'));
});
