import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface KnownOrder {
  readonly id: string;
  /** When the order was carried out, by this host's clock. */
  readonly time: string;
}

/** How many orders are remembered. A server that repeats an order does so within minutes. */
const kept = 200;
/** So long ids are compared when no case is open. The server's clock may have been wrong, and ids may be times. */
const orderedForMs = 3600_000;

/**
 * The ids of the orders that were carried out, in a file of the state folder. Where that file cannot be read or written
 * the orders are carried out: one that is carried out twice changes little, one that is left out may be the one that
 * matters.
 */
export class KnownOrders {
  private readonly file: string;

  constructor(folder: string) {
    this.file = join(folder, 'orders.json');
  }

  /**
   * Why an order must not be carried out: it was carried out before, or its id shows that it is older than the last
   * one. Undefined: it must be. `isCaseOpen`: the last order counts as long as the case is open, else for an hour.
   */
  findReason(id: string, isCaseOpen: boolean, now: Date): string | undefined {
    const known = this.read();
    if (known.some((order) => order.id === id)) return `The order ${id} was carried out before`;
    const last = known.findLast((order) => formOf(order.id) === formOf(id));
    if (last === undefined || !isOlder(id, last.id)) return undefined;
    const isRecent = Math.abs(now.getTime() - Date.parse(last.time)) < orderedForMs;
    return isCaseOpen || isRecent ? `The order ${id} is older than ${last.id}, which was carried out` : undefined;
  }

  add(id: string, now: Date): void {
    const orders = [...this.read(), { id, time: now.toISOString() }].slice(-kept);
    try {
      writeFileSync(this.file, JSON.stringify(orders), { mode: 0o600 });
    } catch {
      // The order stays unknown and may be carried out twice.
    }
  }

  private read(): KnownOrder[] {
    try {
      const value: unknown = JSON.parse(readFileSync(this.file, 'utf8'));
      return Array.isArray(value) ? value.filter(isKnownOrder) : [];
    } catch {
      return [];
    }
  }
}

function isKnownOrder(value: unknown): value is KnownOrder {
  return (
    typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' && 'time' in value
  );
}

/** `number`: it counts up, or is a time. `fleet`: milliseconds since 1970 and a random part, as `fleet` makes them. */
type Form = 'number' | 'fleet';

/** Whole and decimal part of a number; of a fleet's id the time alone, since what is random has no order. */
interface Age {
  readonly form: Form;
  readonly whole: bigint;
  readonly rest: number;
}

/**
 * Only ids of one form can be compared: the seconds of somebody's script would all be older than the fleet's
 * milliseconds, and a release of theirs would be left out. For ids of no known form this is false.
 */
function isOlder(id: string, than: string): boolean {
  const [one, other] = [ageOf(id), ageOf(than)];
  if (one === undefined || one.form !== other?.form) return false;
  return one.whole === other.whole ? one.rest < other.rest : one.whole < other.whole;
}

function formOf(id: string): Form | undefined {
  return ageOf(id)?.form;
}

function ageOf(id: string): Age | undefined {
  const [, whole, rest, random] = /^(\d{1,20})(?:\.(\d{1,15})|-([0-9a-f]{8,32}))?$/.exec(id) ?? [];
  if (whole === undefined) return undefined;
  return { form: random === undefined ? 'number' : 'fleet', whole: BigInt(whole), rest: Number(rest ?? 0) };
}
