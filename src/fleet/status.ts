import { writeFileSync } from 'node:fs';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { complain, say } from '../outcome/output/say';
import type { Report } from './alert';
import { readReports } from './alert-files';
import { findServerHome } from './home';
import { type HostRecord, readHosts } from './host-state';
import { describeHosts } from './words';

export interface StatusOptions {
  /** How many days back the alerts are read. */
  readonly days: number;
  readonly json: boolean;
  /** A file for the page. */
  readonly html?: string;
}

const day = 24 * 3600 * 1000;

/** Says which hosts are contained, by what they told this server. Reads alerts, changes nothing. */
export async function showFleet(host: Host, { days, json, html }: StatusOptions): Promise<number> {
  const home = findServerHome(host);
  const now = new Date();
  const reports: Report[] = [];
  const since = new Date(now.getTime() - days * day);
  for await (const report of readReports(home, since, now, (message) => complain(`${message}\n`))) reports.push(report);
  const records = readHosts(reports, now);
  if (html !== undefined) {
    const { page } = await import('./page');
    writeFileSync(html, page(records, since, now));
  }
  if (json) say(`${JSON.stringify(records.map(toJson), null, 2)}\n`);
  else if (html === undefined) say(describeHosts(host, records));
  return exitCodes.done;
}

/** The form is documented in docs/fleet.md. */
function toJson({ origin, history, ...rest }: HostRecord): object {
  return { agent: origin.id ?? null, name: origin.name, address: origin.address ?? null, ...rest, history };
}
