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

/**
 * How long, in milliseconds, we wait for the look-up of a name whose address is known already: as long as the readings
 * take that go on meanwhile, so that a dead name server costs nothing.
 */
const whereKnownMs = 50;

/** What names were resolved to. */
export interface Resolved {
  readonly now: ReadonlyMap<string, Resolution>;
  /** The same with what has been answered since; nothing is taken away. Waits for nothing. */
  later(): ReadonlyMap<string, Resolution>;
}

/** Resolves all names at once, within `limitMs` milliseconds; a name with a known address has a shorter limit. */
export async function resolveNames(
  names: readonly string[],
  limitMs: number,
  lookUp: LookUp,
  knownOf: (name: string) => Known,
): Promise<Resolved> {
  const done = new AbortController();
  const after = (ms: number): Promise<void> =>
    wait(Math.min(ms, limitMs), undefined, { signal: done.signal }).catch(() => {});
  const [limit, shortLimit] = [after(limitMs), after(whereKnownMs)];
  const answers = new Map<string, readonly string[]>();
  const known = new Map(names.map((name) => [name, knownOf(name)]));
  await Promise.all(
    names.map(async (name) => {
      const lookedUp = lookUp(name).then((found) => answers.set(name, found));
      await Promise.race([lookedUp, isKnown(known.get(name)) ? shortLimit : limit]);
    }),
  );
  done.abort();
  const resolve = (kept: (name: string) => readonly string[]): ReadonlyMap<string, Resolution> =>
    new Map(
      names.map((name) => {
        const { inCase = [], lastUsed } = known.get(name) ?? {};
        return [name, toResolution(name, [...inCase, ...kept(name), ...(answers.get(name) ?? [])], lastUsed)];
      }),
    );
  const now = resolve(() => []);
  const resolvedNow = (name: string): readonly string[] => {
    const found = now.get(name) ?? [];
    return 'refused' in found ? [] : found.map(({ text }) => text);
  };
  return { now, later: () => resolve(resolvedNow) };
}

/** Whether a name has an address without a look-up. */
export function isKnown(known: Known | undefined): boolean {
  return known !== undefined && (known.inCase.length > 0 || known.lastUsed !== undefined);
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
