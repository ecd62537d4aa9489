import { usualHostsFile } from '../agent/names/hosts-place';
import { planPins } from '../agent/names/planned-pins';
import { findTunnels } from '../agent/server-route';
import { readAgentServers } from '../agent/servers';
import { Failure } from '../outcome/failure';
import { type Check, ok, type Patient, problem, warning } from './check';

/** The servers in ossec.conf, and whether their names resolve. */
export async function checkServers({ host, home }: Patient): Promise<Check[]> {
  if (home === undefined) return [];
  try {
    const { servers, unresolved, names, warnings } = await readAgentServers(host, home.home);
    const { whyNot } = planPins(host, home.home, usualHostsFile(host), names);
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
              `DNS would stay open to every program, because the names of the servers cannot be pinned: ${whyNot}.`,
              'Put their addresses into ossec.conf, or put that right.',
            ),
          ]),
      ...(await findTunnels(servers)).map(({ detail }) =>
        warning(
          'server-route',
          `${detail}.`,
          "Let the VPN's own server in as a handler, or contain this host by hand.",
        ),
      ),
      ...warnings.map((found) => warning('servers', found, 'Put it right in ossec.conf.')),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [problem('servers', error.message.replace(' Nothing was changed.', ''), 'Put it right in ossec.conf.')];
  }
}
