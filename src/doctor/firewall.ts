import { usualHostsFile } from '../agent/names/hosts-place';
import { planPins } from '../agent/names/planned-pins';
import { readAgentServers } from '../agent/servers';
import { readSettings } from '../agent/settings';
import type { Firewall, Outlook } from '../firewall/firewall';
import { openFirewall } from '../firewall/open';
import { isOff, readFirewallServices } from '../firewall/windows/services';
import type { Host } from '../host';
import { allowListOf } from '../order/asked';
import { asAdministrator } from '../outcome/failure';
import { isNotSaved, isServerLostEverywhere, textOf } from '../outcome/gaps';
import { cidr } from '../policy/address';
import { entryText } from '../policy/allow-entry';
import type { SealWhen } from '../policy/seal';
import { type Asked, Journal, type OpenCase } from '../state/journal';
import { type Check, ok, type Patient, problem, warning } from './check';

/** The service that filters, and the engine below it. */
export async function checkFirewallServices({ host, stateFolder }: Patient): Promise<Check[]> {
  if (host.platform !== 'windows') return [];
  const check = 'firewall-services';
  return (await readFirewallServices(host, stateFolder)).map((service) => {
    const { name, start, state } = service;
    if (isOff(service))
      return problem(check, `${name} is disabled or does not run: nothing is filtered.`, `Enable and start ${name}.`);
    if (state === 'unknown' || typeof start === 'object')
      return warning(check, `It cannot be told whether ${name} runs.`, `Look at the service ${name} yourself.`);
    return ok(check, `${name} runs.`);
  });
}

/** What containment would come to under the policies that others impose. */
export async function checkPlan(patient: Patient): Promise<Check[]> {
  const { host, home } = patient;
  if (home === undefined) return [];
  // `checkServers` reports a configuration that cannot be used.
  const agent = await readAgentServers(host, home.home).catch(() => undefined);
  if (agent === undefined) return [];
  const { whyNot } = planPins(host, { home: home.home, file: usualHostsFile(host), names: agent.names });
  const { handlers, allow, seal } = readSettings(host.platform, home.home);
  const asked: Asked = { requestedBy: 'operator', handlers: handlers.map(cidr), allow: allow.map(entryText) };
  const allowList = allowListOf({ ...agent, needsDns: whyNot !== undefined }, asked);
  const firewall = await firewallOf(patient, undefined, seal);
  const [{ state, gaps }, outlook = []] = await Promise.all([
    firewall.judgePlan(allowList),
    firewall.outlook?.(allowList),
  ]);
  if (state === 'contained')
    return [
      ok('plan', 'A containment would be whole: the server within reach, all others out.'),
      ...byProfile(outlook),
    ];
  const isBad = state === 'ineffective' || isServerLostEverywhere(gaps) || gaps.some(({ code }) => code === 'open');
  const say = isBad ? problem : warning;
  return [...gaps.map((gap) => say('plan', `${textOf(gap)}.`, adviceFor(host.platform, state))), ...byProfile(outlook)];
}

/** One small table, where a policy has a say in it. */
function byProfile(profiles: readonly Outlook[]): Check[] {
  if (profiles.every(({ comesTo }) => comesTo === 'contained')) return [];
  const rows = profiles.map(({ profile, comesTo, why }) => {
    const word = { contained: 'contained', sealed: 'contained by the seal', open: 'OPEN' }[comesTo];
    return `${profile.padEnd(8)} ${word.padEnd(22)} ${why ?? ''}`.trimEnd();
  });
  const found = ['What a containment would come to in each network profile:', ...rows].join('\n');
  const isOpen = profiles.some(({ comesTo }) => comesTo === 'open');
  const check = isOpen
    ? problem('profiles', found, "Let the domain's administrator set what is named there, in group policy.")
    : ok('profiles', found);
  return [{ ...check, profiles }];
}

function adviceFor(platform: Host['platform'], state: string): string {
  if (state === 'uncertain') return asAdministrator;
  return platform === 'linux'
    ? 'Remove what is named there before you need a containment, or be ready to cut it off by other means.'
    : 'Change that in group policy or device management; no local setting overrules it.';
}

/** The backup that a release would import, or that an earlier case left. */
export async function checkBackup(patient: Patient): Promise<Check[]> {
  if (patient.host.platform !== 'windows') return [];
  // Without rights this throws: the journal cannot be read, and nobody can tell of which case the backup is.
  const openCase = new Journal(patient.stateFolder).read();
  const firewall = await firewallOf(patient, openCase);
  const [{ backup }, { state }] = await Promise.all([firewall.inspect(), firewall.judge()]);
  if (backup === undefined) return [ok('backup', 'No backup is left from an earlier case.')];
  const { file, bad } = backup;
  if (openCase !== undefined || state !== 'not-contained') {
    return bad === undefined
      ? [ok('backup', `A release would import ${file}, which is good.`)]
      : [
          problem(
            'backup',
            `A release would find no good backup: ${bad}.`,
            'Find a copy of the backup, and put it there.',
          ),
        ];
  }
  const found = `${file} is left from an earlier case${bad === undefined ? '' : ` and no good backup (${bad})`}.`;
  return [warning('backup', found, 'Nothing to do: the next containment puts it aside and makes its own.')];
}

/** Only on Linux does a containment have to be made again at each start. */
export async function checkSurvival(patient: Patient): Promise<Check[]> {
  if (patient.host.platform !== 'linux') return [];
  const firewall = await firewallOf(patient);
  const [{ survivesRestart }, { gaps }] = await Promise.all([firewall.inspect(), firewall.judge()]);
  const advice = 'systemctl enable contain-host.service; the package brings it. Then repeat ADD on a contained host.';
  const unsaved = gaps.filter(isNotSaved).map((gap) => warning('restart', `${textOf(gap)}.`, advice));
  if (unsaved.length > 0) return unsaved;
  return !survivesRestart
    ? [
        warning(
          'restart',
          'A restart of this host lifts a containment: contain-host.service is not there or not enabled.',
          advice,
        ),
      ]
    : [ok('restart', 'A containment survives a restart: contain-host.service is enabled.')];
}

function firewallOf({ host, home, stateFolder }: Patient, openCase?: OpenCase, seal?: SealWhen): Promise<Firewall> {
  const more = { ...(openCase === undefined ? {} : { openCase }), ...(seal === undefined ? {} : { seal }) };
  return openFirewall({ host, home: home?.home, stateFolder, ...more });
}
