import type { Address } from './address';
import { addressSet } from './address-set';
import type { AllowEntry } from './allow-entry';
import { type AllowList, needsIpv6, type Server } from './allow-list';
import { additionPrefix, type Flow, type FlowGroup, flowGroups } from './flows';
import { portsOf } from './ports';
import type { Rule } from './rule';

const groups: readonly FlowGroup[] = Object.values(flowGroups);

/** The names of the eight rules of the batch script, in its order. */
export const batchScriptNames: readonly string[] = groups
  .flatMap(({ flows }) => flows.flatMap(({ windows }) => windows ?? []))
  .filter((name) => !name.startsWith(additionPrefix));

/**
 * True for a name that only this program and the batch script give their rules, in any case. The two names for ping are
 * left out: administrators have rules of their own under them, so they prove nothing.
 */
export function isOurName(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith(additionPrefix) || batchScriptNames.slice(2).some((own) => own.toLowerCase() === lower);
}

const handlerNames: readonly string[] = batchScriptNames.slice(4).map((name) => name.toLowerCase());

/** True for the names of the four rules that let a handler in, in any case. */
export function isHandlerName(name: string): boolean {
  return handlerNames.includes(name.toLowerCase());
}

/** One of those whom the flows of a group are with. */
interface Partner {
  readonly server?: Server;
  readonly entry?: AllowEntry;
  readonly remote?: Address | 'dns';
}

/**
 * What the allow list lets through, in the order in which the rules are written: the eight of the batch script first.
 */
export function rulesOf(allowList: AllowList): Rule[] {
  return groups
    .filter((group) => isDue(group, allowList))
    .flatMap((group) => partnersOf(group, allowList).flatMap((partner) => rulesWith(partner, group)));
}

function isDue({ when }: FlowGroup, allowList: AllowList): boolean {
  const due = { ipv6: needsIpv6(allowList), neighbours: needsIpv6(allowList), names: allowList.needsDns, nat: false };
  return when === undefined || due[when];
}

function partnersOf(group: FlowGroup, { servers, handlers, entries = [] }: AllowList): Partner[] {
  switch (group.with) {
    case 'server':
      return servers.map((server) => ({ server, remote: server.address }));
    case 'handler':
      return handlers.map((remote) => ({ remote }));
    case 'entry':
      return entries.map((entry) => ({ entry, remote: entry.address }));
    case 'name server':
      return [{ remote: 'dns' }];
    case 'anybody':
      return [{}];
    // Windows filters nothing on loopback, knows DHCP by its service, and lets neighbour discovery through to anybody.
    case 'this host':
    case 'DHCP server':
    case 'DHCPv6 server':
    case 'every router':
    case 'neighbour':
      return [];
  }
}

function rulesWith(partner: Partner, { flows, service }: FlowGroup): Rule[] {
  return flows
    .filter((flow) => isMeant(flow, partner))
    .flatMap((flow) =>
      (flow.types ?? [undefined]).flatMap((type) => {
        const protocol = protocolOf(flow, partner);
        if (flow.windows === undefined || protocol === undefined) return [];
        const { remote } = partner;
        return {
          name: flow.windows.replace('TYPE', String(type)).replace('PROTOCOL', String(protocol)),
          ...{ action: 'allow', direction: flow.way, protocol },
          ...(type === undefined ? {} : { icmpType: type }),
          ...portsFor(flow, partner),
          ...(remote === undefined ? {} : { remote: remote === 'dns' ? remote : addressSet([remote]) }),
          ...(service === undefined ? {} : { service }),
          ...(flow.isVital ? { vital: true } : {}),
        } as const;
      }),
    );
}

/** A server is spoken to by its own protocols only, an entry in the direction that it names. */
function isMeant({ way, protocol, other }: Flow, { server, entry }: Partner): boolean {
  const speaks = other !== 'server' || server?.protocols.some((one) => one === protocol) === true;
  return speaks && (entry === undefined || entry.direction === 'both' || entry.direction === way);
}

/** Undefined where it would take several rules. */
function protocolOf({ protocol }: Flow, { entry }: Partner): Rule['protocol'] | undefined {
  if (protocol === 'tcp, udp, icmp') return undefined;
  if (protocol !== 'entry') return protocol;
  return entry?.protocol === 'icmp' ? `icmpv${entry.address.family}` : entry?.protocol;
}

function portsFor({ own, other }: Flow, { server, entry }: Partner): Pick<Rule, 'localPorts' | 'remotePorts'> {
  const ofEntry = entry === undefined || entry.ports.length === 0 ? undefined : entry.ports;
  const local = own === 'entry' ? ofEntry : typeof own === 'number' ? portsOf(own) : own;
  const port = other === 'server' ? server?.port : other;
  const remote = port === 'entry' ? ofEntry : port === undefined ? undefined : portsOf(port);
  return {
    ...(local === undefined ? {} : { localPorts: local }),
    ...(remote === undefined ? {} : { remotePorts: remote }),
  };
}
