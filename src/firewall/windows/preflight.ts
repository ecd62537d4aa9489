import { Failure } from '../../outcome/failure';
import { networksOf } from '../../policy/address-set';
import type { AllowList } from '../../policy/allow-list';
import type { Unreadable } from '../../windows/registry';
import type { Context, Preflight } from '../firewall';
import { handlersLetIn } from './let-in';
import { serverLostProfiles } from './read/reach';
import type { Reading } from './reading';
import { isOff, readFirewallServices } from './services';
import { requireTools } from './tools';
import { hasOurRules } from './traits';

/** Looks, before anything is changed, whether containment can work here. A check that cannot be made is a warning. */
export async function preflight(
  context: Context,
  allowList: AllowList,
  whenServerLost: 'refuse' | 'contain',
  reading: Promise<Reading | Unreadable>,
): Promise<Preflight> {
  requireTools(context);
  const [live, services] = await Promise.all([reading, readFirewallServices(context.host, context.stateFolder)]);
  if (services.some(isOff)) {
    const message =
      'The Windows firewall service, or the filtering engine below it, is disabled or does not run, so nothing was changed. Enable and start MpsSvc and BFE, restart the host, and repeat the order.';
    throw new Failure('firewall-service-disabled', message);
  }
  const warnings = services.flatMap(({ start }) =>
    typeof start === 'object' ? [`It is unknown whether the firewall's services may run: ${start.unreadable}.`] : [],
  );
  if ('unreadable' in live) return { warnings: [...warnings, live.unreadable], contained: false };
  if ('unreadable' in live.managed) warnings.push(`What the domain imposes is unknown: ${live.managed.unreadable}.`);
  const lost = serverLostProfiles(live, allowList);
  if (lost.length === 3 && whenServerLost === 'refuse') {
    const message = `Group policy would cut this host off from its server in every profile, so nothing was changed. Allow the server by group policy, or set "whenServerLost": "contain".`;
    throw new Failure('server-would-be-lost', message);
  }
  const letIn = networksOf(handlersLetIn(live.local.rules).addresses);
  return { warnings, contained: hasOurRules(live.local), letIn };
}
