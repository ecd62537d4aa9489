import { exitCodes } from '../../src/outcome/exit-codes';

/** What each exit code means, for people. */
export const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done',
  refused: 'the order was not understood or refused, or no server is configured; nothing was changed',
  unable: 'this cannot work here (no rights, firewall service stopped, a tool is missing); nothing was changed',
  noBackup: 'no safe backup could be made; nothing was changed',
  rolledBack: 'containment failed; the host is as it was',
  uncertain: 'containment failed and so did the way back; the state is uncertain',
  degraded: 'contained, with gaps that are named; doctor, evidence: problems were found',
  notReleased: 'the release was not completed; the message says whether the host is contained, open or partial',
  busy: "another order is at work, this one goes on in the background, or an operator's newer order superseded it",
  ineffective: 'the rules are set but not enforced: the host is NOT contained',
};

/** The codes in order, each with its meaning. */
export const codesWithMeanings: readonly (readonly [number, string])[] = Object.entries(exitCodes)
  .map(([name, code]) => [code, meanings[name as keyof typeof exitCodes]] as const)
  .sort(([a], [b]) => a - b);
