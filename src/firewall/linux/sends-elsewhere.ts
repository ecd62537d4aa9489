import { type Fields, isFields, textOf } from '../../json';
import type { Holds } from './packet-match';
import { conditions, harmless, harmlessTargets, verdicts } from './statements';

/** Fields of a frame or packet that say neither whom it comes from nor where it goes (nft(8), payload expressions). */
const otherFields = [
  ...['dscp', 'ecn', 'ttl', 'hoplimit', 'flowlabel', 'checksum', 'length', 'version', 'hdrlength', 'frag-off'],
  ...['sequence', 'ackseq', 'doff', 'reserved', 'flags', 'window', 'urgptr', 'csumcov', 'pcp', 'dei', 'cfi'],
];

/** What `set` may change without any packet going elsewhere: our chains are behind every choice of a route. */
const otherKeys = ['meta', 'ct', 'tcp option'];

/** Targets of ebtables that leave the receiver as it is, or take the frame to this host itself (ebtables(8)). */
const harmlessFrameTargets = ['mark', 'snat', 'redirect', 'arpreply', 'standard'];

/**
 * Whether a rule, as nft lists its statements, changes whom a packet comes from or where it goes, or sends it or its
 * copy to another device. `perhaps`: it has something that nft does not show, or that is not known here.
 */
export function sendsElsewhere(expr: unknown): Holds {
  if (!Array.isArray(expr)) return 'perhaps';
  const found = expr.map((statement, index) => whatDoes(statement, index === expr.length - 1));
  return found.includes('yes') ? 'yes' : found.includes('perhaps') ? 'perhaps' : 'no';
}

function whatDoes(statement: unknown, isLast: boolean): Holds {
  if (!isFields(statement)) return 'perhaps';
  if ('fwd' in statement || 'dup' in statement) return 'yes';
  if (isFields(statement.mangle)) return changesWay(statement.mangle);
  if ('xt' in statement) return targetOf(statement.xt, isLast);
  const isKnown = ['match', 'vmap', ...conditions, ...harmless, ...verdicts].some((word) => word in statement);
  return isKnown ? 'no' : 'perhaps';
}

function changesWay({ key }: Fields): Holds {
  if (!isFields(key)) return 'perhaps';
  if (otherKeys.some((word) => word in key)) return 'no';
  if (!isFields(key.payload)) return 'perhaps';
  return otherFields.includes(textOf(key.payload.field)) ? 'no' : 'yes';
}

/** Before 1.0.6 nft does not say what it is. A target comes last. */
function targetOf(xt: unknown, isLast: boolean): Holds {
  if (!isFields(xt)) return isLast ? 'perhaps' : 'no';
  if (xt.type !== 'target') return 'no';
  const name = textOf(xt.name);
  if (name === 'dnat') return 'yes';
  return [...harmlessTargets, ...harmlessFrameTargets].includes(name) ? 'no' : 'perhaps';
}
