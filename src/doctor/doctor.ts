import { setTimeout as wait } from 'node:timers/promises';
import { findHome } from '../agent/home';
import type { Host } from '../host';
import { asAdministrator } from '../outcome/failure';
import { errorText } from '../process/error-code';
import { stateFolderOf } from '../state/folder';
import { checkAnswerLog, checkRestart, checkSwitchedOn } from './active-response';
import { checkAgentHome, checkAgentService } from './agent';
import { type Check, type Examination, type Patient, warning } from './check';
import { checkCommands } from './commands';
import { checkDisk } from './disk';
import { checkEvidence } from './evidence';
import { checkBackup, checkFirewallServices, checkPlan, checkSurvival } from './firewall';
import { checkFolders } from './folders';
import { checkReserve } from './reserve';
import { checkServers } from './servers';
import { checkSettings } from './settings';
import { checkElevation, checkTools } from './system';

/** How long one examination may take. The tools below it have shorter limits, so this one is for the unforeseen. */
const limitMs = 30_000;

/** In the order in which people read them: this system, the agent, its orders, the firewall, our own files. */
const examinations: Readonly<Record<string, Examination>> = {
  elevation: checkElevation,
  tools: checkTools,
  'firewall-services': checkFirewallServices,
  'agent-home': checkAgentHome,
  'agent-service': checkAgentService,
  servers: checkServers,
  'active-response': checkSwitchedOn,
  commands: checkCommands,
  'agent-restart': checkRestart,
  'answer-log': checkAnswerLog,
  plan: checkPlan,
  folders: checkFolders,
  settings: checkSettings,
  disk: checkDisk,
  reserve: checkReserve,
  evidence: checkEvidence,
  backup: checkBackup,
  restart: checkSurvival,
};

/** Looks whether containment would work here, now. Changes nothing, ends in bounded time, and never throws. */
export async function examine(host: Host): Promise<Check[]> {
  const { reg, ...others } = host.timeouts;
  const brisk: Host = { ...host, timeouts: { ...others, reg: Math.min(reg, limitMs / 3) } };
  const home = await findHome(brisk).catch(() => undefined);
  const patient: Patient = { host: brisk, home, stateFolder: stateFolderOf(brisk) };
  const checks = await Promise.all(
    Object.entries(examinations).map(([name, examination]) => carryOut(name, examination, patient)),
  );
  return checks.flat();
}

async function carryOut(name: string, examination: Examination, patient: Patient): Promise<Check[]> {
  const unknown = (why: string): Check[] => [warning(name, `This could not be looked at: ${why}.`, asAdministrator)];
  try {
    return await Promise.race([
      Promise.resolve(examination(patient)),
      wait(limitMs, unknown('it took too long'), { ref: false }),
    ]);
  } catch (error) {
    return unknown(errorText(error));
  }
}
