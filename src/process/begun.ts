import type { Readable } from 'node:stream';
import type { Begun, BegunCall, Host } from '../host';

/**
 * Listens to the process that started this one: each line is a `BegunCall` as JSON, with its name. What does not come,
 * because that process has ended or hangs, is as if it had never been begun: `usualPatienceMs` after somebody wants it.
 */
export function listenForBegun(input: Readable, usualPatienceMs: number): Begun {
  const told = new Map<string, BegunCall>();
  const waiting = new Map<string, () => void>();
  let isOver = false;
  let rest = '';
  const finish = (): void => {
    isOver = true;
    for (const settle of waiting.values()) settle();
  };
  const hear = (line: string): void => {
    const [call, result] = parse(line) ?? [];
    if (call === undefined || result === undefined) return;
    told.set(call, result);
    waiting.get(call)?.();
  };
  input.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hear(line);
  });
  for (const event of ['end', 'error', 'close']) input.on(event, finish);
  return {
    take: async (call, patienceMs = usualPatienceMs) => {
      if (!told.has(call) && !isOver) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, patienceMs);
          waiting.set(call, () => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
      const result = told.get(call);
      told.delete(call);
      return result;
    },
  };
}

function parse(line: string): readonly [string, BegunCall] | undefined {
  try {
    const { call, ...result } = JSON.parse(line) as BegunCall & { readonly call: string };
    return [call, result];
  } catch {
    return undefined;
  }
}

/** The same as one line, for the process that is to take it. ASCII, whatever the tool wrote. */
export function tellBegun(call: string, result: BegunCall): string {
  const text = JSON.stringify({ call, ...result });
  return `${text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

/** Takes a reading that was begun early. Undefined where there is none, or where it is too old to be believed. */
export async function takeFresh(
  { begun, timeouts }: Pick<Host, 'begun' | 'timeouts'>,
  call: string,
): Promise<BegunCall | undefined> {
  const result = await begun?.take(call);
  const age = result === undefined ? 0 : Date.now() - result.endedAt;
  return age >= 0 && age <= timeouts.begunAge ? result : undefined;
}
