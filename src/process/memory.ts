import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** From so many bytes on a file is large: the policy of a host with some thousand rules. */
const largeFile = 512 * 1024;

let collect: (() => void) | undefined;

/**
 * To be called before a file of this size is read. Node lets the remains of one large policy lie about until there are
 * some hundred megabytes of them; on a host that is under attack and short of memory they have to go before the next
 * one comes.
 */
export function makeRoomFor(bytes: number): void {
  if (bytes < largeFile) return;
  collect ??= collector();
  collect();
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  // The space for what is new would grow with every such file, to a third of all memory used.
  setFlagsFromString('--semi-space-growth-factor=1');
  return runInNewContext('gc') as () => void;
}
