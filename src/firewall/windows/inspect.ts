import { existsSync, statSync } from 'node:fs';
import { queryService } from '../../windows/service';
import type { Backup, Footing, Site } from '../firewall';
import { findBackup, homeBackup, isAsRecorded } from './backup';
import { firewallServices } from './services';

/** Looks at the firewall's services and at the backup. Changes nothing. */
export async function inspect(site: Site): Promise<Footing> {
  const services = await Promise.all(
    firewallServices.map(async (name) => ({ name, state: await queryService(site.host, name) })),
  );
  const backup = inspectBackup(site);
  return { services, ...(backup === undefined ? {} : { backup }) };
}

/** The backup that a release would take; without an open case, one that an earlier case or the batch script left. */
function inspectBackup(site: Site): Backup | undefined {
  const { home, openCase } = site;
  const places = [...(home === undefined ? [] : [homeBackup(home)]), String(openCase?.facts.backup ?? '')];
  const files = places.filter((file) => existsSync(file));
  if (files.length === 0 && openCase?.facts.backup === undefined) return undefined;
  const recorded = openCase === undefined ? undefined : files.find((file) => isAsRecorded(file, openCase.facts));
  const found = recorded === undefined ? findBackup(site) : { file: recorded };
  if ('bad' in found) return { file: places[0] ?? '', bad: found.bad };
  const madeAt = statSync(found.file, { throwIfNoEntry: false })?.mtime;
  return { file: found.file, ...(madeAt === undefined ? {} : { madeAt }) };
}
