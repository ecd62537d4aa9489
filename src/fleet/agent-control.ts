import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess } from '../process/run';
import type { Agent } from './agent';
import { responses } from './responses';
import { FleetFailure, type FleetOrder, type NotSent, printable, type Server, type System } from './server';

const limitMs = 30_000;
/** A list of 100,000 agents is smaller. */
const longestList = 16 * 1024 * 1024;

/**
 * The server's own tool, for OSSEC 2.8 to 4.3 and Wazuh 3 and 4 (util/agent_control.c). It needs root. `home`: the
 * server's folder.
 */
export function agentControl(home: string): Server {
  const program = join(home, 'bin', 'agent_control');
  const run = async (args: readonly string[]): Promise<{ readonly text: string; readonly failed?: NotSent }> => {
    const options = { limitMs, keepBytes: longestList, isOutOfReach: true };
    const { exitCode, signal, output, stdout, startError, timedOut } = await runProcess(program, args, options);
    const text = stdout.toString();
    if (exitCode === 0) return { text };
    const why =
      startError ?? (timedOut ? 'it did not end in time' : signal === null ? printable(output.toString()) : signal);
    // Stopped half-way, it may have passed the order on before.
    return { text, failed: { why: `agent_control failed: ${why}`, isUnsure: timedOut || signal !== null } };
  };
  const calls: Server['calls'] = (agent, system, order) =>
    // An agent ignores the name of a program that it does not have.
    (system === undefined ? (['windows', 'linux'] as const) : [system]).map((one) => [
      program,
      ...['-u', agent.id, '-f', responses[one][order.action], '-b', wordsOf(order)],
    ]);
  return {
    calls,
    agents: async () => {
      if (!existsSync(program))
        throw new FleetFailure(
          `${program} is missing: this is no OSSEC or Wazuh server, or it lies elsewhere. Set OSSECPATH to its folder.`,
        );
      const { text, failed } = await run(['-l', '-s']);
      if (failed !== undefined) throw new FleetFailure(`The agents cannot be listed. ${failed.why}. Run this as root.`);
      return text.split('\n').flatMap(readAgent);
    },
    systemOf: async ({ id }) => {
      const { text, failed } = await run(['-i', id, '-s']);
      return failed === undefined ? readSystem(text) : undefined;
    },
    send: async (agent, system, order) => {
      for (const [, ...args] of calls(agent, system, order)) {
        const { failed } = await run(args);
        if (failed !== undefined) return failed;
      }
      return undefined;
    },
  };
}

/** `011,pc-11,10.1.2.11/32,Active,`; the server's own line is `000,name (server),127.0.0.1,Active/Local,`. */
function readAgent(line: string): Agent[] {
  const [, id, name, address, connection] = /^(\d{3,}),([^,]{1,128}),([^,]{1,64}),([^,]{1,64}),?/.exec(line) ?? [];
  if (id === undefined || name === undefined || address === undefined || connection === undefined) return [];
  return [{ id, name: printable(name), address, connection: printable(connection) }];
}

/** The fifth field is what the agent said of its system: `Microsoft Windows 10 …`, or what uname says. */
function readSystem(text: string): System | undefined {
  const [, , , , ...rest] = text.trim().split(',');
  const os = rest.join(',');
  if (/windows/i.test(os)) return 'windows';
  return /linux/i.test(os) ? 'linux' : undefined;
}

/** The agent gets the address and the words behind it as the arguments of the response. A release uses no address. */
function wordsOf({ handler = '-', caseNumber, id }: FleetOrder): string {
  return [handler, ...(caseNumber === undefined ? [] : [`case=${caseNumber}`]), `order=${id}`].join(' ');
}
