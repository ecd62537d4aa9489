import { setTimeout as wait } from 'node:timers/promises';
import { type Address, isLoopback, isRefusal, parseHost, quote, type Refusal } from '../policy/address';

/** Returns the addresses of a name as texts; none for a name that does not resolve. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** Addresses that can stand in a rule, none for a name that does not resolve, or why the name cannot be used. */
export type Resolution = readonly Address[] | Refusal;

/** Looks a name up as the agent does, by getaddrinfo: in the hosts file too, and every A and AAAA record. */
export async function systemLookUp(name: string): Promise<string[]> {
  const { lookup } = await import('node:dns/promises');
  try {
    return (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** What is known of a name without a look-up. */
export interface Known {
  /** The addresses that this case let in for the name before. A look-up takes none of them away. */
  readonly inCase: readonly string[];
  /** The address that the agent used last, for a name that does not resolve. */
  readonly lastUsed: string | undefined;
}

/** How long, in milliseconds, we wait for the look-up of a name whose address is known already. */
const whereKnownMs = 300;

/** Resolves all names at once, within `limitMs` milliseconds; a name with a known address has a shorter limit. */
export async function resolveNames(
  names: readonly string[],
  limitMs: number,
  lookUp: LookUp,
  knownOf: (name: string) => Known,
): Promise<ReadonlyMap<string, Resolution>> {
  const done = new AbortController();
  const after = (ms: number): Promise<readonly string[]> =>
    wait(Math.min(ms, limitMs), [], { signal: done.signal }).catch(() => []);
  const [limit, shortLimit] = [after(limitMs), after(whereKnownMs)];
  const resolutions = await Promise.all(
    names.map(async (name): Promise<[string, Resolution]> => {
      const { inCase, lastUsed } = knownOf(name);
      const isKnown = inCase.length > 0 || lastUsed !== undefined;
      const answers = await Promise.race([lookUp(name), isKnown ? shortLimit : limit]);
      return [name, toResolution(name, [...inCase, ...answers], lastUsed)];
    }),
  );
  done.abort();
  return new Map(resolutions);
}

function toResolution(name: string, answers: readonly string[], lastUsed: string | undefined): Resolution {
  const usable = toAddresses(answers);
  if (usable.length > 0) return usable;
  const known = toAddresses([lastUsed ?? '']);
  return known.length === 0 && answers.some(isLoopback) ? { refused: `${quote(name)} is this host itself` } : known;
}

function toAddresses(texts: readonly string[]): Address[] {
  const addresses = texts.flatMap((text) => {
    const address = parseHost(text);
    return isRefusal(address) ? [] : [address];
  });
  return [...new Map(addresses.map((address) => [address.text, address])).values()];
}
