import type { Host } from '../host';
import { runTool } from './run-tool';
import { listProcesses, snapshotFlag } from './snapshot-flag';
import type { Keep, Source, Taken } from './source';

/** So long the reader may be silent about one process before we go on behind it. */
const silenceMs = 1000;
/** So many processes may be stuck; then the list ends. */
const mostStuck = 16;

/**
 * The processes of a Linux host, read by a child of ours that is abandoned where a process is stuck; the next child
 * goes on behind that one.
 */
export function processSource({ command: [program, ...args], env, timeouts }: Host): Source {
  const listing = [...args, snapshotFlag, listProcesses];
  const collect = async (keep: Keep): Promise<Taken> => {
    const until = performance.now() + timeouts.evidenceTool;
    const stuck: number[] = [];
    for (let from = 1; ; ) {
      let open = '';
      const keepOpen: Keep = (stream, bytes) => {
        if (stream === 'stdout') open = lastLine(open, bytes);
        return keep(stream, bytes);
      };
      const limitMs = Math.max(1, until - performance.now());
      const run = { program, args: [...listing, String(from)], env, limitMs, silenceMs };
      const taken = await runTool(run, keepOpen);
      const pid = /^\{"pid":(\d+)/.exec(open)?.[1];
      const isSilent = taken.end === 'timed-out' && performance.now() < until;
      if (!isSilent || pid === undefined) return withStuck(taken, stuck);
      stuck.push(Number(pid));
      if (!keep('stdout', Buffer.from(',"commandLine":null,"isStuck":true}\n'))) return { end: 'truncated' };
      if (stuck.length >= mostStuck) return withStuck({ ...taken, end: 'timed-out' }, stuck);
      from = Number(pid) + 1;
    }
  };
  return { name: 'processes', ending: 'jsonl', source: [program, ...listing, '1'], collect };
}

/** What stands behind the last line break so far; no more of it than says which process it is about. */
function lastLine(before: string, bytes: Buffer): string {
  const end = bytes.lastIndexOf(0x0a);
  const rest = bytes.toString('latin1', end + 1, end + 101);
  return end < 0 ? (before + rest).slice(0, 100) : rest;
}

function withStuck(taken: Taken, stuck: readonly number[]): Taken {
  return stuck.length === 0 ? taken : { ...taken, why: `stuck, so without command line: ${stuck.join(', ')}` };
}
