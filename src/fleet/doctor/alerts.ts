import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { textsOf } from '../../agent/configuration/sections';
import { type Check, ok, problem, warning } from '../../outcome/check';
import { errorText } from '../../process/error-code';
import { readReports } from '../alert-files';
import { type ExaminedServer, some, startOf } from './examined-server';

/** Levels of the kits' alerts that an order waits for. */
const levels = { begun: 3, outcome: 8 } as const;
/** What a server logs from where its configuration does not say (analysisd, config). */
const defaultLevel = { OSSEC: 1, Wazuh: 3 } as const;

/** Whether the programs run without which no order goes out and no outcome comes in. */
export function checkPrograms({ home, product }: ExaminedServer): Check[] {
  const missing = ['analysisd', 'remoted'].filter((program) => startOf(home, program) === undefined);
  return missing.length === 0
    ? [ok('programs', 'analysisd and remoted run.')]
    : [
        problem(
          'programs',
          `${missing.join(' and ')} of the server ${missing.length === 1 ? 'does' : 'do'} not run.`,
          `Start the server: ${product.restart}`,
        ),
      ];
}

/** Whether the outcomes are loud enough to be written down. */
export function checkLevel({ product, configuration: { path, sections } }: ExaminedServer): Check[] {
  const said = sections
    .filter(({ name }) => name === 'alerts')
    .flatMap((section) => textsOf(section, 'log_alert_level'))
    .at(-1);
  const level = said === undefined ? defaultLevel[product.name] : Number(said);
  const advice = `Write <log_alert_level>${levels.begun}</log_alert_level> there, or less, and restart the server.`;
  if (level > levels.outcome)
    return [
      problem(
        'alert-level',
        `Only alerts from level ${level} on are written, by ${path}: no order is confirmed.`,
        advice,
      ),
    ];
  if (level > levels.begun)
    return [
      warning(
        'alert-level',
        `Only alerts from level ${level} on are written, by ${path}: that an order has begun is not seen.`,
        advice,
      ),
    ];
  return [ok('alert-level', `Alerts from level ${level} on are written.`)];
}

/** Whether there are alerts that this user can read. */
export function checkFiles({ home, product }: ExaminedServer): Check[] {
  const found = ['alerts.json', 'alerts.log'].map((name) => ({
    name,
    why: whyNotReadable(join(home, 'logs', 'alerts', name)),
  }));
  const readable = found.filter(({ why }) => why === undefined).map(({ name }) => name);
  if (readable.length > 0)
    return [ok('alert-files', `The outcomes are read from logs/alerts/${readable.join(' and ')}.`)];
  const why = found.map((one) => `${one.name}: ${one.why}`).join('; ');
  const what = product.name === 'Wazuh' ? 'Write <jsonout_output>yes</jsonout_output> into <global>, and r' : 'R';
  return [problem('alert-files', `No alerts can be read (${why}).`, `${what}un this as root.`)];
}

function whyNotReadable(path: string): string | undefined {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/** Whether the server reads its own log of active responses, into which fleet writes that a host is silent. */
export function checkOwnLog({ configuration: { path, sections } }: ExaminedServer): Check[] {
  const isRead = sections
    .filter(({ name }) => name === 'localfile')
    .some((section) => textsOf(section, 'location').some((text) => text.trim().endsWith('logs/active-responses.log')));
  return isRead
    ? [ok('own-log', 'The server reads its own active-responses.log.')]
    : [
        warning(
          'own-log',
          `The server does not read its own active-responses.log, by ${path}: there is no alert for a host that does not answer.`,
          'Add a <localfile> for logs/active-responses.log there, with the log_format syslog.',
        ),
      ];
}

/** So far may the clocks of a host and of the server be apart: evidence of one is compared with that of the other. */
const apartMs = 120_000;
const day = 24 * 3600 * 1000;

/** Whether the hosts' clocks agree with the server's, by the lines of the last day. */
export async function checkClocks({ home }: ExaminedServer): Promise<Check[]> {
  const now = new Date();
  const apart = new Map<string, number>();
  for await (const reports of readReports(home, new Date(now.getTime() - day), now, () => {}))
    for (const report of reports) {
      if (!('line' in report) || report.heardAt === undefined) continue;
      apart.set(report.origin.name, report.line.at.getTime() - report.heardAt.getTime());
    }
  const wrong = [...apart].filter(([, ms]) => Math.abs(ms) > apartMs);
  if (wrong.length === 0)
    return [
      ok('clocks', `The clocks of the ${apart.size} hosts that were heard in the last day agree with the server's.`),
    ];
  const names = wrong.map(
    ([name, ms]) => `${name} (${Math.round(Math.abs(ms) / 60_000)} min ${ms > 0 ? 'ahead' : 'behind'})`,
  );
  return [
    warning('clocks', `The clock of ${some(names)} differs from the server's.`, 'Set both by the same time server.'),
  ];
}
