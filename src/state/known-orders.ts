import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface KnownOrder {
  readonly id: string;
  /** When it was carried out, by this host's clock. */
  readonly time: string;
}

/** So many orders are remembered; a server sends one again within minutes. */
const kept = 200;
/** A clock of the server that was wrong for a while must not keep orders from being carried out afterwards. */
const orderedForMs = 3600_000;

/**
 * The ids of the orders that were carried out, in a file of the state folder. What cannot be read or written is not
 * known: an order that is carried out twice changes little, one that is not carried out may be the one that matters.
 */
export class KnownOrders {
  private readonly file: string;

  constructor(folder: string) {
    this.file = join(folder, 'orders.json');
  }

  /**
   * Why an order is not to be carried out: it was before, or it is older than the last one, as far as ids show that;
   * absent: it is to be. `isCaseOpen`: what was ordered in a case counts as long as the case is open.
   */
  findReason(id: string, isCaseOpen: boolean, now: Date): string | undefined {
    const known = this.read();
    if (known.some((order) => order.id === id)) return `The order ${id} was carried out before`;
    const last = known.findLast((order) => numberOf(order.id) !== undefined);
    if (last === undefined || !isOlder(id, last.id)) return undefined;
    const isRecent = Math.abs(now.getTime() - Date.parse(last.time)) < orderedForMs;
    return isCaseOpen || isRecent ? `The order ${id} is older than ${last.id}, which was carried out` : undefined;
  }

  add(id: string, now: Date): void {
    const orders = [...this.read(), { id, time: now.toISOString() }].slice(-kept);
    try {
      writeFileSync(this.file, JSON.stringify(orders), { mode: 0o600 });
    } catch {
      // See above.
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

/**
 * Ids that begin with a number, or with one and a dot behind it, are in order: numbers that count up, or times. Others
 * are not.
 */
function isOlder(id: string, than: string): boolean {
  const [one, other] = [numberOf(id), numberOf(than)];
  if (one === undefined || other === undefined) return false;
  return one.whole === other.whole ? one.rest < other.rest : one.whole < other.whole;
}

function numberOf(id: string): { readonly whole: bigint; readonly rest: number } | undefined {
  const [, whole, rest = '0'] = /^(\d{1,20})(?:\.(\d{1,15}))?$/.exec(id) ?? [];
  return whole === undefined ? undefined : { whole: BigInt(whole), rest: Number(rest) };
}
