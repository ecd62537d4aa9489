import { withoutPrefix } from './agent-names';
import type { Origin } from './alert';

/** An agent as its server knows it. */
export interface Agent {
  /** Three digits or more. */
  readonly id: string;
  readonly name: string;
  /** Fixed address or network, or `any`. */
  readonly address: string;
  /** What the server last thought of it: `Active`, `Disconnected`, `Never connected` and the like. */
  readonly connection: string;
  /** Absent where the way to the server does not tell. */
  readonly groups?: readonly string[];
}

/** Agents that an order is for, or why it is for none. */
export type Selection =
  | { readonly agents: readonly Agent[]; readonly byPattern: boolean }
  | { readonly refusal: string };

/**
 * The agents that these words mean: numbers, names, patterns with `*` and `?`, and `group:NAME`, in the order of their
 * numbers. The server's own agent 000 is never among them: to cut it off ends every way to release anybody.
 */
export function select(all: readonly Agent[], words: readonly string[]): Selection {
  const agents = all.filter(({ id }) => Number(id) !== 0);
  const chosen = new Set<Agent>();
  let byPattern = false;
  for (const word of words) {
    if (/^0+$/.test(word)) return { refusal: 'Agent 000 is the server itself: it is never contained.' };
    const group = /^group:(.+)$/.exec(word)?.[1];
    if (group !== undefined && agents.every(({ groups }) => groups === undefined))
      return { refusal: 'Only the Wazuh API knows groups: use --api.' };
    const isPattern = group !== undefined || /[*?]/.test(word);
    const found =
      group !== undefined
        ? agents.filter(({ groups }) => groups?.includes(group))
        : isPattern
          ? agents.filter(({ name }) => matches(word, name))
          : exact(agents, word);
    if (found.length === 0) return { refusal: `No agent is called "${word}" or has that number.` };
    if (!isPattern && found.length > 1)
      return {
        refusal: `"${word}" is the name of the agents ${found.map(({ id }) => id).join(' and ')}: give a number.`,
      };
    byPattern ||= isPattern;
    for (const agent of found) chosen.add(agent);
  }
  const byNumber = [...chosen].sort((a, b) => Number(a.id) - Number(b.id));
  return { agents: byNumber, byPattern };
}

function exact(agents: readonly Agent[], word: string): Agent[] {
  const isNumber = /^\d+$/.test(word);
  const byId = isNumber ? agents.filter(({ id }) => Number(id) === Number(word)) : [];
  return byId.length > 0 ? byId : agents.filter(({ name }) => name.toLowerCase() === word.toLowerCase());
}

/**
 * Names are compared without case, as people write them. Goes back to the last star only, so that no pattern takes
 * long.
 */
function matches(pattern: string, name: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), name.toLowerCase()];
  let [at, place] = [0, 0];
  let star = -1;
  let tried = 0;
  while (place < given.length) {
    if (wanted[at] === '*') {
      star = at++;
      tried = place;
    } else if (wanted[at] === '?' || wanted[at] === given[place]) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star + 1;
      place = ++tried;
    } else return false;
  }
  return /^\**$/.test(wanted.slice(at));
}

/** Whether a report is this agent's. Of two agents of one name only the number, or a fixed address, can tell. */
export function isFrom(agent: Agent, origin: Origin, all: readonly Agent[]): boolean {
  if (origin.id !== undefined) return Number(origin.id) === Number(agent.id);
  if (origin.name !== agent.name) return false;
  const namesakes = all.filter(({ name }) => name === agent.name);
  if (namesakes.length === 1) return true;
  const there = namesakes.filter(({ address }) => withoutPrefix(address) === origin.address);
  return there.length === 1 && there[0] === agent;
}

/** Whether it may be this agent's, and another agent's as well: they have one name, and nothing tells them apart. */
export function isPerhapsFrom(agent: Agent, origin: Origin, all: readonly Agent[]): boolean {
  if (origin.id !== undefined || origin.name !== agent.name) return false;
  const namesakes = all.filter(({ name }) => name === agent.name);
  const there = namesakes.filter(({ address }) => withoutPrefix(address) === origin.address);
  return there.length === 0 || (there.length > 1 && there.includes(agent));
}
