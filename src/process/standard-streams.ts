/**
 * Keeps Node from making its own streams for standard output and error. Node looks at `process.stderr` whenever a
 * socket or a child's pipe is closed (Node's lib/net.js, `_destroy`) and then makes the stream. Where it cannot open
 * the handle (EBADF) it ends this process; such a handle is a Linux pipe under Wine, or what a Windows service was
 * given. say.ts writes what we say. Node's own printer of warnings goes, too: it would need the stream, and end the
 * process where there is none.
 */
export function keepStreamsUnmade(): void {
  for (const name of ['stdout', 'stderr']) Object.defineProperty(process, name, { value: undefined });
  process.removeAllListeners('warning');
}
