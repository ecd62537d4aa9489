import { findInstalledAgent } from '../agent/installed';
import { findAgentService } from '../agent/service';
import { disabledStart, readServiceStart } from '../windows/service';
import { type Check, ok, type Patient, problem, warning } from './check';

/** Where the agent lives, and which one it is. */
export function checkAgentHome({ host, home }: Patient): Check[] {
  if (home === undefined) {
    return [
      problem(
        'agent-home',
        `No ossec.conf was found two folders above ${host.program}, in OSSECPATH, where the installer noted it, or in a default folder.`,
        "Put this program into the agent's active-response/bin, or set OSSECPATH to the agent's folder.",
      ),
    ];
  }
  const agent = findInstalledAgent(home.home);
  const which = agent === undefined ? 'An agent' : agent.wazuh === undefined ? 'OSSEC' : `Wazuh ${agent.wazuh}`;
  return [ok('agent-home', `${which} lives in ${home.home}, found by ${home.foundBy}.`)];
}

/** Without a running agent no order gets here. */
export async function checkAgentService({ host, home, stateFolder }: Patient): Promise<Check[]> {
  const { name, state } = await findAgentService(host, home?.home);
  if (state === 'unknown')
    return [
      warning('agent-service', `It cannot be told whether the agent runs (${name}).`, 'Look at the agent yourself.'),
    ];
  if (state === 'absent')
    return [problem('agent-service', 'No service of an agent is installed.', 'Install the agent.')];
  if (state === 'stopped') return [problem('agent-service', `The agent does not run (${name}).`, 'Start the agent.')];
  if (host.platform === 'windows' && (await readServiceStart(host, stateFolder, name)) === disabledStart)
    return [problem('agent-service', `The service ${name} runs but is disabled.`, 'Let it start by itself.')];
  return [ok('agent-service', `The agent runs (${name}).`)];
}
