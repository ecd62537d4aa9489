import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../../host';
import { type Check, ok, problem, warning } from '../../outcome/check';
import { errorText } from '../../process/error-code';
import type { Agent } from '../agent';
import { agentControl } from '../agent-control';
import { findServerHome } from '../home';
import { readServerSections } from '../kit/configuration-text';
import { findProduct } from '../kit/product';
import { ServerFile } from '../kit/server-file';
import { FleetFailure } from '../server';
import { type ApiAccess, wazuhApi } from '../wazuh-api';
import { checkAgents, checkHeard } from './agents';
import { checkClocks, checkFiles, checkLevel, checkOwnLog, checkPrograms } from './alerts';
import type { ExaminedServer } from './examined-server';
import { checkCommands, checkLoaded, checkRules, checkSwitchedOn } from './kit';

const limitMs = 60_000;

const examinations: Readonly<Record<string, (server: ExaminedServer) => Check[] | Promise<Check[]>>> = {
  programs: checkPrograms,
  'kit-rules': checkRules,
  'kit-commands': checkCommands,
  'kit-loaded': checkLoaded,
  'active-response': checkSwitchedOn,
  'alert-level': checkLevel,
  'alert-files': checkFiles,
  'own-log': checkOwnLog,
  agents: checkAgents,
  heard: checkHeard,
  clocks: checkClocks,
};

/**
 * Looks whether orders would go out from this server and their outcomes come back. Changes nothing, ends in bounded
 * time, and never throws. `api`: the agents are asked for through it, too.
 */
export async function examineServer(host: Host, api: ApiAccess | undefined): Promise<Check[]> {
  try {
    const home = findServerHome(host);
    const product = findProduct(home);
    const file = new ServerFile(home, 'etc/ossec.conf');
    const sections = readServerSections(file.text, product.dialect, file.path);
    const { agents, checks } = await listAgents(home, api);
    const server: ExaminedServer = {
      home,
      product,
      configuration: { path: file.path, sections, changedAt: file.changedAt },
      agents,
    };
    const found = await Promise.all(Object.entries(examinations).map(([name, look]) => carryOut(name, look, server)));
    return [ok('server', `There is a server of ${product.name} in ${home}.`), ...checks, ...found.flat()];
  } catch (error) {
    const advice = 'Run this as root on the server.';
    return [problem('server', error instanceof FleetFailure ? error.message : errorText(error), advice)];
  }
}

/** By each way to the agents that is to be used: the server's own tool, and the API where its address was given. */
async function listAgents(
  home: string,
  api: ApiAccess | undefined,
): Promise<{ readonly agents: readonly Agent[] | undefined; readonly checks: Check[] }> {
  const ways = [
    { name: 'agent-control', server: agentControl(home), words: 'agent_control lists the agents.' },
    ...(api === undefined ? [] : [{ name: 'api', server: wazuhApi(api), words: 'The Wazuh API lists the agents.' }]),
  ];
  const checks: Check[] = [];
  let agents: readonly Agent[] | undefined;
  for (const { name, server, words } of ways) {
    try {
      agents = await server.agents();
      checks.push(ok(name, words));
    } catch (error) {
      checks.push(problem(name, errorText(error), 'Without it no order goes out this way.'));
    }
  }
  return { agents, checks };
}

async function carryOut(
  name: string,
  look: (server: ExaminedServer) => Check[] | Promise<Check[]>,
  server: ExaminedServer,
): Promise<Check[]> {
  const unknown = (why: string): Check[] => [
    warning(name, `This could not be looked at: ${why}.`, 'Run this again, as root.'),
  ];
  try {
    return await Promise.race([
      Promise.resolve(look(server)),
      wait(limitMs, unknown('it took too long'), { ref: false }),
    ]);
  } catch (error) {
    return unknown(errorText(error));
  }
}
