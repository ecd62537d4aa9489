/** A file of so many bytes is large: the policy of a host with some thousand rules. */
const largeFile = 512 * 1024;

let collect: (() => void) | undefined;

/**
 * Call this before a file of this size is read. Node keeps the remains of large policies until they fill some hundred
 * megabytes. A host that is under attack may be short of memory, so they have to go before the next policy comes.
 */
export function makeRoomFor(bytes: number): void {
  if (bytes < largeFile) return;
  collect ??= collector();
  collect();
}

function collector(): () => void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const { runInNewContext } = process.getBuiltinModule('node:vm');
  setFlagsFromString('--expose-gc');
  // Without this the space for new objects would grow with every such file, to a third of all memory used.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Code that is optimised takes memory, too. As an option of the executable this would cost each start 15 ms: V8 then
  // takes Node's own modules from its cache no more.
  setFlagsFromString('--no-opt');
  return runInNewContext('gc') as () => void;
}
