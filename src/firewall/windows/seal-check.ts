import { type AddressSet, rangeText } from '../../policy/address-set';
import { protocolNumber, type Rule } from '../../policy/rule';
import { allowedAddresses, loopback, type Surroundings } from '../../policy/seal';
import { type Box, boxesOf, type Lane } from './read/lanes';
import { type StoredRule, storedForm } from './read/rule';
import { Stretches } from './read/stretches';

/** Flows of one lane that a seal must not block. */
interface AllowedFlows {
  readonly lane: Lane;
  readonly box: Box;
}

/** The flows that a seal must not block: all that the allow rules let through in this network, and loopback. */
export function allowedFlows(allowed: readonly Rule[], around: Surroundings): AllowedFlows[] {
  const inside = (['in', 'out'] as const).flatMap((direction) =>
    (['tcp', 'udp'] as const).flatMap((protocol) => flowsOf({ direction, protocol }, loopback)),
  );
  return [...inside, ...allowed.flatMap((rule) => flowsOf(rule, allowedAddresses(rule, around)))];
}

function flowsOf(rule: Omit<Rule, 'name' | 'action'>, addresses: AddressSet): AllowedFlows[] {
  return addresses.flatMap((range) => {
    const stored = storedForm({ ...rule, name: '', action: 'allow', remote: [range] });
    const lane = { direction: rule.direction, protocol: protocolNumber(rule.protocol), family: range.family };
    return boxesOf(stored, lane, 'perhaps').map((box) => ({ lane, box }));
  });
}

/** Tells people which of the flows may be blocked by one of the rules. */
export function blockedFlows(seal: readonly StoredRule[], flows: readonly AllowedFlows[]): string[] {
  const known = new Map<string, Stretches>();
  const blockedIn = (lane: Lane): Stretches => {
    const key = `${lane.direction} ${lane.protocol} ${lane.family}`;
    const blocked = known.get(key) ?? new Stretches(boxesIn(seal, lane));
    known.set(key, blocked);
    return blocked;
  };
  return flows
    .filter(({ lane, box }) => blockedIn(lane).meets(box))
    .map(
      ({ lane: { direction, protocol, family }, box: { remote } }) =>
        `protocol ${protocol} ${direction} ${rangeText({ family, ...remote })}`,
    );
}

function boxesIn(seal: readonly StoredRule[], lane: Lane): Box[] {
  return seal.filter(({ direction }) => direction === lane.direction).flatMap((rule) => boxesOf(rule, lane, 'perhaps'));
}
