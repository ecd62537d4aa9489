/**
 * Has Node make no stream of its own for standard output and error. It looks at `process.stderr` whenever a socket or a
 * child's pipe is closed (lib/net.js, `_destroy`), makes the stream then, and ends this process where the handle is one
 * that it cannot open (EBADF): under Wine a pipe of Linux, on Windows whatever a service was given. What is said goes
 * out by say.ts.
 */
export function keepStreamsUnmade(): void {
  for (const name of ['stdout', 'stderr']) Object.defineProperty(process, name, { value: undefined });
}
