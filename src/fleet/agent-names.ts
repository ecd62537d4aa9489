import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Origin } from './alert';

/** One agent of the list of keys. The key itself is not kept. */
interface Listed {
  readonly id: string;
  readonly address: string;
}

/** Tells which agent an alert is from: OSSEC's alerts have only a name, which two agents may share. */
export class AgentNames {
  private readonly byName = new Map<string, Listed[]>();

  /** `home`: the server's folder. Where the list of keys cannot be read, names and addresses must do. */
  constructor(home: string) {
    for (const line of readLines(join(home, 'etc', 'client.keys'))) {
      // `011 pc-11 10.1.2.11 KEY`; of removed agents the number or the name begins with `#` or `!`.
      const [, id, name, address] = /^(\d{3,10}) ([A-Za-z0-9._-]{1,128}) (\S+) \S/.exec(line) ?? [];
      if (id === undefined || name === undefined || address === undefined) continue;
      this.byName.set(name, [...(this.byName.get(name) ?? []), { id, address: withoutPrefix(address) }]);
    }
  }

  /** A key for this agent alone, and who it may be besides: agents of one name without an address of their own. */
  identify(origin: Origin): { readonly key: string; readonly origin: Origin; readonly namesakes: readonly string[] } {
    const { id, name, address = '' } = origin;
    if (id !== undefined) return { key: id, origin, namesakes: [] };
    const namesakes = this.byName.get(name) ?? [];
    const there = namesakes.length > 1 ? namesakes.filter((agent) => agent.address === address) : namesakes;
    const [only] = there;
    if (only !== undefined && there.length === 1)
      return { key: only.id, origin: { ...origin, id: only.id }, namesakes: [] };
    return {
      key: `${name} ${address}`,
      origin,
      namesakes: (there.length > 1 ? there : namesakes).map((one) => one.id),
    };
  }
}

/** Lists of agents have `10.0.0.5/32` where alerts have `10.0.0.5`. */
export function withoutPrefix(address: string): string {
  return address.replace(/\/\d+$/, '');
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
