import { join } from 'node:path';
import { appendToAgentFile } from '../agent/agent-files';
import { complain } from '../outcome/output/say';
import { errorText } from '../process/error-code';
import type { Row } from './carry-out';

/**
 * Writes a line into the server's own active-responses.log for each agent that was asked and said nothing: the kits
 * have a rule for it, so that it is known to more people than the one who waited. Decodes as the lines of the agents do
 * (outcome/output/audit.ts), under another program's name, and no agent's log is where it stands.
 */
export function noteSilent(home: string, rows: readonly Row[], now: Date): void {
  if (rows.length === 0) return;
  const file = 'logs/active-responses.log';
  try {
    appendToAgentFile(home, file, rows.map((row) => `${silentLine(row, now)}\n`).join(''));
  } catch (error) {
    complain(`${join(home, file)} was not written, so no alert tells of the silent agents: ${errorText(error)}\n`);
  }
}

function silentLine({ agent, order }: Row, now: Date): string {
  const [weekday, day, month, year, time] = now.toUTCString().replace(',', '').split(' ');
  return [
    ...[weekday, month, day, time, 'UTC', year],
    '/var/ossec/active-response/bin/contain-host-fleet',
    ...['unanswered', '-', order.handler ?? '-', `${Math.floor(now.getTime() / 1000)}.0`, '0'],
    ...[`asked=${order.action}`, `agent=${agent.id}`, `name=${agent.name.replace(/[^A-Za-z0-9._-]/g, '_')}`],
    ...(order.caseNumber === undefined ? [] : [`case=${order.caseNumber}`]),
    `order=${order.id}`,
  ].join(' ');
}
