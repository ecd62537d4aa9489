import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { complain, say } from '../outcome/output/say';
import { AgentNames } from './agent-names';
import type { Report } from './alert';
import { readReports } from './alert-files';
import { findServerHome } from './home';
import { HostHistory, type HostRecord, hostStates } from './host-state';
import { FleetFailure } from './server';
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
  const since = new Date(now.getTime() - days * day);
  const histories = new Histories(home);
  // A folder is looked at for each of its days.
  const troubles = new Set<string>();
  for await (const reports of readReports(home, since, now, (message) => troubles.add(message)))
    for (const report of reports) histories.add(report);
  for (const trouble of troubles) complain(`${trouble}\n`);
  const records = histories.records(now);
  if (records.length === 0 && troubles.size > 0)
    throw new FleetFailure('So nothing is known of any host. Run this as root.');
  if (html !== undefined) {
    const { writePage } = await import('./page-file');
    writePage(html, records, { since, now });
  }
  if (json) say(`${JSON.stringify(records.map(toJson), null, 2)}\n`);
  else if (html === undefined) say(describeHosts(host, records));
  return exitCodes.done;
}

/** What every host of this server said. */
class Histories {
  private readonly byHost = new Map<string, HostHistory>();
  private readonly names: AgentNames;

  constructor(home: string) {
    this.names = new AgentNames(home);
  }

  add(report: Report): void {
    const { key, origin, namesakes } = this.names.identify(report.origin);
    const history = this.byHost.get(key) ?? new HostHistory(origin, namesakes);
    this.byHost.set(key, history);
    history.add(report);
  }

  /** The most urgent first, and among those the newest. */
  records(now: Date): HostRecord[] {
    return [...this.byHost.values()]
      .flatMap((history) => history.record(now) ?? [])
      .sort(
        (a, b) => hostStates.indexOf(a.state) - hostStates.indexOf(b.state) || b.since.getTime() - a.since.getTime(),
      );
  }
}

/** The form is documented in docs/fleet.md. */
function toJson({ origin, history, ...rest }: HostRecord): object {
  return { agent: origin.id ?? null, name: origin.name, address: origin.address ?? null, ...rest, history };
}
