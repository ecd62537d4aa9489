import { existsSync, statSync } from 'node:fs';
import { queryService } from '../../windows/service';
import type { Backup, Footing, Site } from '../firewall';
import { findBackup, homeBackup } from './backup';
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
  const file = home === undefined ? undefined : homeBackup(home);
  const isThere = file !== undefined && existsSync(file);
  if (!isThere && openCase?.facts.backup === undefined) return undefined;
  const found = findBackup(site);
  if ('bad' in found) return { file: file ?? String(openCase?.facts.backup), bad: found.bad };
  const madeAt = statSync(found.file, { throwIfNoEntry: false })?.mtime;
  return { file: found.file, ...(madeAt === undefined ? {} : { madeAt }) };
}
