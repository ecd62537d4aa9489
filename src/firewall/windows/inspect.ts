import { existsSync, statSync } from 'node:fs';
import { firewallServices } from '../../windows/keys';
import { queryService } from '../../windows/service';
import type { Backup, Context, Health } from '../firewall';
import { isAsRecorded } from './backup-file';
import { backupFactsOf, backupPlaces, findBackup } from './find-backup';

/** Looks at the firewall's services and at the backup. Changes nothing. */
export async function inspect(context: Context): Promise<Health> {
  const services = await Promise.all(
    firewallServices.map(async (name) => ({ name, state: await queryService(context.host, name) })),
  );
  const backup = inspectBackup(context);
  return { services, ...(backup === undefined ? {} : { backup }) };
}

/** The backup that a release would take; without an open case, one that an earlier case or the batch script left. */
function inspectBackup(context: Context): Backup | undefined {
  const facts = context.openCase?.facts ?? {};
  const recorded = backupFactsOf(facts);
  const places = backupPlaces(context, recorded);
  const files = places.filter((file) => existsSync(file));
  if (files.length === 0 && recorded === undefined) return undefined;
  const same = recorded === undefined ? undefined : files.find((file) => isAsRecorded(file, recorded));
  const found = same === undefined ? findBackup(context, facts) : { file: same };
  if ('bad' in found) return { file: places[0] ?? '', bad: found.bad };
  const madeAt = statSync(found.file, { throwIfNoEntry: false })?.mtime;
  return { file: found.file, ...(madeAt === undefined ? {} : { madeAt }) };
}
