import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host';
import { FleetFailure } from './server';

/** Where an OSSEC or Wazuh server lives: OSSECPATH, else the folder that both install to. Throws `FleetFailure`. */
export function findServerHome({ env, platform }: Host): string {
  if (platform === 'windows') throw new FleetFailure('fleet runs on the OSSEC or Wazuh server, which is a Linux host.');
  const home = env.OSSECPATH || '/var/ossec';
  if (existsSync(join(home, 'logs', 'alerts'))) return home;
  throw new FleetFailure(
    `${home} has no logs/alerts: no OSSEC or Wazuh server lives there, or this user may not see it. Run this as root on the server, or set OSSECPATH to its folder.`,
  );
}
