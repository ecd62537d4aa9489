import { usualHostsFile } from '../agent/names/hosts-place';
import { planPins } from '../agent/names/planned-pins';
import { findTunnels, type Tunnels } from '../agent/server-route';
import { readAgentServers } from '../agent/servers';
import { readSettings, type Settings } from '../agent/settings';
import { knowsNameServers } from '../firewall/name-servers';
import { allowListOf } from '../order/asked';
import { Failure } from '../outcome/failure';
import { cidr } from '../policy/address';
import { entryText } from '../policy/allow-entry';
import type { Asked } from '../state/journal';
import { type Check, ok, type Patient, problem, warning } from './check';

/** The servers in ossec.conf, and whether their names resolve. */
export async function checkServers({ host, home }: Patient): Promise<Check[]> {
  if (home === undefined) return [];
  try {
    const agent = await readAgentServers(host, home.home);
    const { servers, unresolved, names, warnings } = agent;
    const { handlers, allow, whenServerLost } = readSettings(host.platform, home.home);
    const asked: Asked = { requestedBy: 'operator', handlers: handlers.map(cidr), allow: allow.map(entryText) };
    const { whyNot } = planPins(host, { home: home.home, file: usualHostsFile(host), names });
    const list = servers.map(
      ({ address, port, protocols }) => `${address.text} port ${port} (${protocols.join(', ')})`,
    );
    return [
      ok('servers', `The agent's servers are ${list.join('; ')}.`),
      ...(unresolved.length === 0
        ? []
        : [
            warning(
              'server-names',
              `These servers do not resolve and would be out of reach: ${unresolved.join(', ')}.`,
              'Put their addresses into ossec.conf, or see that this host can resolve them.',
            ),
          ]),
      ...(whyNot === undefined
        ? []
        : [
            warning(
              'server-names',
              knowsNameServers(host)
                ? `DNS would stay open to every program, because the names of the servers cannot be pinned: ${whyNot}.`
                : `The agent may not find its server again: no name server is known that could be let through, and the names of the servers cannot be pinned: ${whyNot}.`,
              'Put their addresses into ossec.conf, or put that right.',
            ),
          ]),
      ...checkTunnels(
        await findTunnels(host, home.home, allowListOf({ ...agent, needsDns: false }, asked)),
        whenServerLost,
      ),
      ...warnings.map((found) => warning('servers', found, 'Put it right in ossec.conf.')),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [problem('servers', error.message.replace(' Nothing was changed.', ''), 'Put it right in ossec.conf.')];
  }
}

/** An ADD is refused where every server is lost, unless the settings say otherwise. */
function checkTunnels({ gaps, areAllLost, warnings }: Tunnels, whenServerLost: Settings['whenServerLost']): Check[] {
  const isRefused = areAllLost && whenServerLost !== 'contain';
  const say = isRefused ? problem : warning;
  const effect = isRefused ? ' An ADD is refused for that.' : '';
  const advice =
    'Let the other end of the tunnel through by an entry of "allow", or set "whenServerLost" and contain without a way back from the server.';
  return [
    ...gaps.map(({ code, detail }) =>
      code === 'server-by-tunnel'
        ? say('server-route', `${detail}.${effect}`, advice)
        : warning(
            'server-route',
            `${detail}.`,
            'Put that right, or look by which device this host reaches its server.',
          ),
    ),
    ...warnings.map((unknown) =>
      warning(
        'server-route',
        unknown,
        'Run doctor again as SYSTEM, or look by which adapter this host reaches its server.',
      ),
    ),
  ];
}
