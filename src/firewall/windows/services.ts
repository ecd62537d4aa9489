import type { Host } from '../../host';
import type { ServiceState } from '../../outcome/states';
import { firewallServices } from '../../windows/keys';
import type { Unreadable } from '../../windows/registry';
import { disabledStart, queryService, readServiceStart } from '../../windows/service';

export interface FirewallService {
  readonly name: string;
  readonly start: number | Unreadable;
  readonly state: ServiceState;
}

/**
 * Reads how both services are set to start and whether they run. `folder`: where their keys may be written for a
 * moment.
 */
export function readFirewallServices(host: Host, folder: string): Promise<FirewallService[]> {
  return Promise.all(
    firewallServices.map(async (name) => {
      const [start, state] = await Promise.all([readServiceStart(host, folder, name), queryService(host, name)]);
      return { name, start, state };
    }),
  );
}

/** True when such a service filters nothing, now or after the next start. */
export function isOff({ start, state }: FirewallService): boolean {
  return start === disabledStart || state === 'stopped' || state === 'absent';
}
