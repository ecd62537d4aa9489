import { type Fields, isFields, textOf } from '../../json';
import { isRefusal, parseServer } from '../../policy/address';
import { objectsIn } from './listed-objects';
import { familyWord } from './match';
import { type Aim, type Holds, namesAddress, Packets, type Sets } from './packet-match';
import { isOwnChain } from './ruleset';
import { conditions, finalVerdicts, harmless, harmlessTargets, verdicts } from './statements';

/**
 * How sure it is that packets for the server come to a place. `named`: a rule on the way names the server, so what
 * comes behind it is for the server, whatever else is asked, such as chance where there are several real servers.
 * `doubtful`: only behind a condition of iptables that stands before each port that Docker and Kubernetes publish, and
 * then asks for this host's own addresses. What it asks here nft does not list.
 */
type Certainty = 'yes' | 'named' | 'perhaps' | 'doubtful';

/** What rules do with the packets, and how sure that is. */
export type Answer = Holds | 'doubtful';

type Condition = Holds | 'doubtful' | undefined;

/** Where all packets for the server are after a rule or a chain: at the next rule, at the caller's, or at no other. */
type End = 'goes on' | 'returns' | 'ends';

interface Passed {
  readonly rewritten: Answer;
  readonly end: End;
  /** It is not known what this does: it may be a condition, too, so what follows may be for some packets only. */
  readonly isUnsure?: true;
}

/** Where rules that set an address or a port send the packets; `unknown`: to something that is not written there. */
export type Destination = Pick<Aim, 'address' | 'port'> | 'unknown';

const passesOn: Passed = { rewritten: 'no', end: 'goes on' };

const rewritingTargets = ['DNAT', 'REDIRECT', 'NETMAP'];

/** The base chains that are followed: those of NAT, or those in which a rule may set an address, packet by packet. */
export type Followed = 'nat' | 'setting';

const places: Readonly<Record<Followed, { readonly types: readonly string[]; readonly hooks: readonly string[] }>> = {
  nat: { types: ['nat'], hooks: ['output'] },
  setting: { types: ['route', 'filter'], hooks: ['output', 'postrouting'] },
};

/** True for a chain of others, as nft lists it, that is among those. */
export function isFollowed(chain: Fields, followed: Followed): boolean {
  const { types, hooks } = places[followed];
  return types.includes(textOf(chain.type)) && hooks.includes(textOf(chain.hook)) && !isOwnChain(chain);
}

/**
 * Follows the packets for a server through the rules of one table. Whatever is not understood in a chain of type nat
 * counts as perhaps sending them elsewhere. In other chains only what sets an address or a port does.
 */
export class Walk {
  /** Where the rules that certainly meet the packets set them to. */
  readonly destinations: Destination[] = [];
  /** Other rules may meet the packets, and set them to something. */
  isUnsure = false;
  private readonly rules = new Map<string, Fields[]>();
  private readonly passed = new Map<string, Passed>();
  private readonly packets: Packets;
  private readonly family: 'ip' | 'ip6';

  constructor(
    listed: unknown,
    private readonly aim: Aim,
    private readonly followed: Followed,
  ) {
    for (const rule of objectsIn(listed, 'rule')) {
      const chain = textOf(rule.chain);
      const rules = this.rules.get(chain);
      if (rules === undefined) this.rules.set(chain, [rule]);
      else rules.push(rule);
    }
    const named = [...objectsIn(listed, 'map'), ...objectsIn(listed, 'set')];
    // Only the tables of NAT are listed with their elements; there, a set without any is empty.
    const none = followed === 'nat' ? [] : undefined;
    const sets: Sets = new Map(named.map(({ name, elem }) => [`@${textOf(name)}`, Array.isArray(elem) ? elem : none]));
    this.packets = new Packets(aim, sets);
    this.family = familyWord(aim.address.family);
  }

  /** What the table's base chains do with the packets. */
  rewrites(listed: unknown): Answer {
    const bases = objectsIn(listed, 'chain').filter(
      (chain) => isFollowed(chain, this.followed) && this.isForFamily(chain),
    );
    return mostSure(bases.map(({ name }) => this.through(textOf(name), 'yes').rewritten));
  }

  private isForFamily({ family = this.family }: Fields): boolean {
    return family === this.family || family === 'inet';
  }

  /** Each chain is gone through once for each certainty, also where chains call each other in a circle. */
  private through(chain: string, certainty: Certainty): Passed {
    const place = `${certainty} ${chain}`;
    const known = this.passed.get(place);
    if (known !== undefined) return known;
    this.passed.set(place, passesOn);
    const found = this.chain(chain, certainty);
    this.passed.set(place, found);
    return found;
  }

  private chain(chain: string, certainty: Certainty): Passed {
    const found: Answer[] = [];
    for (const { expr } of this.rules.get(chain) ?? []) {
      const { rewritten, end } = this.rule(Array.isArray(expr) ? expr : [], certainty);
      found.push(rewritten);
      if (end !== 'goes on') return { rewritten: mostSure(found), end };
    }
    return { rewritten: mostSure(found), end: 'goes on' };
  }

  /** `end` is about the packets that come to the rule, whatever part of all packets these are. */
  private rule(expr: readonly unknown[], certainty: Certainty): Passed {
    // Nearly all of the tens of thousands of rules that a host may have are over here.
    if (this.holds(expr[0], expr.length === 1) === 'no') return passesOn;
    const isNamed = expr.some((one) => isFields(one) && isFields(one.match) && this.packets.isNamedIn(one.match));
    const changes: Fields[] = [];
    const found: Answer[] = [];
    let here = isNamed ? raised[certainty] : certainty;
    let isForAll = true;
    let end: End = 'goes on';
    for (const [index, statement] of expr.entries()) {
      const holds = this.holds(statement, index === expr.length - 1);
      if (holds === 'no') break;
      if (holds === 'perhaps' || holds === 'doubtful') {
        isForAll = false;
        here = lessSure(here, holds);
      }
      if (!isFields(statement)) found.push(this.notKnown(here).rewritten);
      if (!isFields(statement) || holds !== undefined) continue;
      if (isFields(statement.mangle)) {
        if (!this.packets.have(statement.mangle.key)) break;
        if (setsDestination(statement.mangle)) changes.push(statement.mangle);
        continue;
      }
      const passed = this.statement(statement, here);
      found.push(passed.rewritten);
      if (passed.isUnsure) {
        isForAll = false;
        here = lessSure(here, 'perhaps');
      }
      if (passed.end === 'goes on') continue;
      if (isForAll) end = passed.end;
      break;
    }
    return { rewritten: mostSure([...found, this.changed(changes, here)]), end };
  }

  /** Whether a condition holds; undefined for a statement that is none. What nft has no JSON for comes as a text. */
  private holds(statement: unknown, isLast: boolean): Condition {
    if (!isFields(statement)) return 'perhaps';
    if (isFields(statement.match)) return this.packets.meets(statement.match);
    if (conditions.some((word) => word in statement)) return 'perhaps';
    if (!('xt' in statement)) return undefined;
    const { xt } = statement;
    // Before 1.0.6 nft does not say what it is. A target comes last.
    if (!isFields(xt)) return isLast ? undefined : 'doubtful';
    if (xt.type === 'target') return undefined;
    if (xt.name === 'addrtype') return 'doubtful';
    return xt.name === 'comment' ? 'yes' : 'perhaps';
  }

  private statement(statement: Fields, certainty: Certainty): Passed {
    if ('dnat' in statement) return this.sentBy(statement.dnat, certainty);
    if ('redirect' in statement) return { rewritten: asAnswer(certainty), end: 'ends' };
    if ('xt' in statement) return this.target(statement.xt, certainty);
    if (isFields(statement.vmap)) return this.verdictMap(statement.vmap, certainty);
    if (isVerdict(statement)) return this.verdict(statement, certainty);
    return harmless.some((word) => word in statement) ? passesOn : this.notKnown(certainty);
  }

  /** `dnat` sends to a fixed address, or by maps: in these the packets stand, or not, and then the rule is over. */
  private sentBy(dnat: unknown, certainty: Certainty): Passed {
    const { addr, port, family = this.family } = isFields(dnat) ? dnat : ({} as Fields);
    if (family !== this.family) return passesOn;
    const maps = [addr, port].flatMap((one) => (isFields(one) && isFields(one.map) ? [one.map] : []));
    const found = maps.map((map) => this.packets.lookUp(map));
    if (found.some((values) => values.length === 0)) return passesOn;
    const isForAll = found.flat().every(({ holds }) => holds === 'yes');
    if (isForAll) return { rewritten: asAnswer(certainty), end: 'ends' };
    const isNamed = maps.some(({ key }) => namesAddress(key));
    return { rewritten: asAnswer(lessSure(isNamed ? raised[certainty] : certainty, 'perhaps')), end: 'goes on' };
  }

  private target(xt: unknown, certainty: Certainty): Passed {
    const name = isFields(xt) ? textOf(xt.name) : undefined;
    // No target of iptables sets an address in other chains than those of NAT.
    if (this.followed === 'setting' || (name !== undefined && harmlessTargets.includes(name))) return passesOn;
    if (name !== undefined && rewritingTargets.includes(name)) return { rewritten: asAnswer(certainty), end: 'ends' };
    return this.notKnown(certainty);
  }

  private verdictMap(map: Fields, certainty: Certainty): Passed {
    const passed = this.packets.lookUp(map).map(({ holds, value }) => {
      const own = namesAddress(map.key) ? raised[certainty] : certainty;
      const here = holds === 'yes' ? own : lessSure(own, holds);
      const found = isFields(value) ? this.verdict(value, here) : this.notKnown(here);
      return { ...found, isForAll: holds === 'yes' };
    });
    const [only] = passed;
    const end = passed.length === 1 && only?.isForAll === true ? only.end : 'goes on';
    return { rewritten: mostSure(passed.map(({ rewritten }) => rewritten)), end };
  }

  private notKnown(certainty: Certainty): Passed {
    const rewritten = this.followed === 'nat' ? unsure(certainty) : 'no';
    return { rewritten, end: 'goes on', isUnsure: true };
  }

  private verdict(verdict: Fields, certainty: Certainty): Passed {
    if (finalVerdicts.some((word) => word in verdict)) return { rewritten: 'no', end: 'ends' };
    if ('return' in verdict) return { rewritten: 'no', end: 'returns' };
    const to = verdict.jump ?? verdict.goto;
    if (to === undefined) return passesOn;
    const { rewritten, end } = this.through(textOf(isFields(to) ? to.target : to), certainty);
    if (end === 'ends') return { rewritten, end };
    // After `goto` the packets are at the caller's, as if they had returned.
    return { rewritten, end: 'goto' in verdict ? 'returns' : 'goes on' };
  }

  /** What a rule's changes of addresses and ports make of the packets, all together. */
  private changed(changes: readonly Fields[], certainty: Certainty): Answer {
    if (changes.length === 0) return 'no';
    let to: Destination = { address: this.aim.address, port: this.aim.port };
    for (const change of changes) to = to === 'unknown' ? to : this.changedBy(change, to);
    if (asAnswer(certainty) === 'yes') this.destinations.push(to);
    else this.isUnsure = true;
    return asAnswer(certainty);
  }

  private changedBy({ key, value }: Fields, to: Exclude<Destination, 'unknown'>): Destination {
    const { map } = isFields(value) ? value : ({} as Fields);
    const found = isFields(map) ? this.packets.lookUp(map) : [{ holds: 'yes' as const, value }];
    const [only] = found;
    if (only === undefined) return to;
    if (found.length > 1 || only.holds !== 'yes') return 'unknown';
    if (!namesAddress(key))
      return isNamedPort(key) && typeof only.value === 'number' ? { ...to, port: only.value } : 'unknown';
    const address = parseServer(textOf(only.value));
    return isRefusal(address) ? 'unknown' : { ...to, address };
  }
}

/** The surest of several answers. */
export function mostSure(answers: readonly Answer[]): Answer {
  return (['yes', 'perhaps', 'doubtful'] as const).find((one) => answers.includes(one)) ?? 'no';
}

/** How sure it is behind a rule that names the server. */
const raised = { yes: 'named', named: 'named', perhaps: 'perhaps', doubtful: 'perhaps' } as const;

function lessSure(certainty: Certainty, by: 'perhaps' | 'doubtful'): Certainty {
  if (certainty === 'named' || certainty === 'doubtful') return certainty;
  return by;
}

function asAnswer(certainty: Certainty): Answer {
  return certainty === 'named' ? 'yes' : certainty;
}

function unsure(certainty: Certainty): Answer {
  return certainty === 'doubtful' ? certainty : 'perhaps';
}

function isVerdict(statement: Fields): boolean {
  return verdicts.some((word) => word in statement);
}

/** Only a port, an address, or bits at a place that has no name; marks, for instance, change nothing here. */
function setsDestination({ key }: Fields): boolean {
  if (!isFields(key) || !isFields(key.payload)) return false;
  return namesAddress(key) || isNamedPort(key) || key.payload.base !== undefined;
}

function isNamedPort(key: unknown): boolean {
  return isFields(key) && isFields(key.payload) && key.payload.field === 'dport';
}
