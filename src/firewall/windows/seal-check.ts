import { type AddressSet, rangeText } from '../../policy/address-set';
import { type Ports, portSpace } from '../../policy/ports';
import { protocolNumber, type Rule } from '../../policy/rule';
import { allowedAddresses, loopback, type Surroundings } from '../../policy/seal';
import { type Flow, matchFlow } from './read/flow';
import { storedForm } from './read/rule';

/** The flows that a seal must not block: all that the allow rules let through in this network, and loopback. */
export function allowedFlows(allowed: readonly Rule[], around: Surroundings): Flow[] {
  const inside = loopback.flatMap((range) =>
    (['in', 'out'] as const).flatMap((direction) =>
      [6, 17].map((protocol): Flow => ({ direction, protocol, ...everyPort, remote: rangeText(range) })),
    ),
  );
  return [...inside, ...allowed.flatMap((rule) => flowsOf(rule, allowedAddresses(rule, around)))];
}

const everyPort = { localPort: portSpace, remotePort: portSpace };

function flowsOf(rule: Rule, addresses: AddressSet): Flow[] {
  const { direction, localPorts, remotePorts, icmpType } = rule;
  const local: Ports = localPorts === undefined || localPorts === 'any' ? [portSpace] : localPorts;
  return addresses.flatMap((range) =>
    local.flatMap((localPort) =>
      (remotePorts ?? [portSpace]).map((remotePort) => ({
        ...{ direction, protocol: protocolNumber(rule.protocol), localPort, remotePort, remote: rangeText(range) },
        ...(icmpType === undefined ? {} : { icmpType }),
      })),
    ),
  );
}

/** Tells people which of the flows may be blocked by one of the rules. */
export function blockedFlows(seal: readonly Rule[], flows: readonly Flow[]): string[] {
  const rules = seal.map(storedForm);
  return flows
    .filter((flow) => rules.some((rule) => matchFlow(rule, flow) !== 'no'))
    .map(({ direction, protocol, remote }) => `protocol ${protocol} ${direction} ${remote}`);
}
