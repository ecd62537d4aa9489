import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, ok, problem, warning } from '../../outcome/check';
import type { Agent } from '../agent';
import { type ExaminedServer, moment, some, startOf } from './examined-server';

/** Whether the agents are there to be ordered. */
export function checkAgents({ agents }: ExaminedServer): Check[] {
  if (agents === undefined) return [];
  const remote = agents.filter(({ id }) => Number(id) !== 0);
  if (remote.length === 0) return [problem('agents', 'The server has no agent.', 'Add the hosts to the server first.')];
  const off = remote.filter((agent) => !isActive(agent));
  return off.length === 0
    ? [ok('agents', `All ${remote.length} agents are active.`)]
    : [
        warning(
          'agents',
          `${off.length} of ${remote.length} agents are not active: ${some(off.map(describe))}.`,
          'The server does not keep an order for them: repeat it when they are back.',
        ),
      ];
}

function isActive({ connection }: Agent): boolean {
  return /^active/i.test(connection);
}

function describe({ id, name, connection }: Agent): string {
  return `${id} ${name} (${connection})`;
}

/**
 * Whether the server has heard from its agents since its own restart. Until then it drops orders for them without a
 * word (remoted, sendmsg.c), although agent_control calls them active. Only what an agent sends every ten minutes
 * counts; OSSEC keeps it in a file for each agent.
 */
export function checkHeard({ home, product, agents }: ExaminedServer): Check[] {
  const started = startOf(home, 'remoted');
  if (product.name !== 'OSSEC' || agents === undefined || started === undefined) return [];
  const silent = agents.filter((agent) => {
    const heard = isActive(agent) && Number(agent.id) !== 0 ? heardAt(home, agent) : undefined;
    return heard !== undefined && heard < started;
  });
  return silent.length === 0
    ? [ok('heard', `Every active agent was heard after the server was started at ${moment(started)}.`)]
    : [
        warning(
          'heard',
          `The server was started at ${moment(started)} and drops orders for ${some(silent.map(({ id, name }) => `${id} ${name}`))}, from whom it has not heard since.`,
          'Wait ten minutes, or restart those agents.',
        ),
      ];
}

/** The file has the agent's name and the address that it is known by (remoted, manager.c). */
function heardAt(home: string, { name, address }: Agent): Date | undefined {
  const file = join(home, 'queue', 'agent-info', `${name}-${address.replace(/\/\d+$/, '')}`);
  return statSync(file, { throwIfNoEntry: false })?.mtime;
}
