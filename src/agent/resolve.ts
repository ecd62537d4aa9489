import { lookup } from 'node:dns/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { type Address, isLoopback, isRefusal, parseHost, quote, type Refusal } from '../policy/address';

/** Gives the addresses of a name as texts; a name that does not resolve has none. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** Addresses that can stand in a rule, none for a name that does not resolve, or why the name is nobody's. */
export type Resolution = readonly Address[] | Refusal;

/** As the agent does it, by getaddrinfo: hosts file included, every A and AAAA record. */
export async function systemLookUp(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/**
 * Resolves all names at once, under one time limit in milliseconds. A name without a usable answer by then has the address that
 * `lastKnown` gives, if any.
 */
export async function resolveNames(
  names: readonly string[],
  limitMs: number,
  lookUp: LookUp,
  lastKnown: (name: string) => string | undefined,
): Promise<ReadonlyMap<string, Resolution>> {
  const done = new AbortController();
  const limit = wait(limitMs, [], { signal: done.signal }).catch(() => []);
  const resolutions = await Promise.all(
    names.map(async (name): Promise<[string, Resolution]> => {
      const answers = await Promise.race([lookUp(name), limit]);
      return [name, toResolution(name, answers, lastKnown)];
    }),
  );
  done.abort();
  return new Map(resolutions);
}

function toResolution(
  name: string,
  answers: readonly string[],
  lastKnown: (name: string) => string | undefined,
): Resolution {
  const usable = toAddresses(answers);
  if (usable.length > 0) return usable;
  const known = toAddresses([lastKnown(name) ?? '']);
  return known.length === 0 && answers.some(isLoopback) ? { refused: `${quote(name)} is this host itself` } : known;
}

function toAddresses(texts: readonly string[]): Address[] {
  return texts.flatMap((text) => {
    const address = parseHost(text);
    return isRefusal(address) ? [] : [address];
  });
}
