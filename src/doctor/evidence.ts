import { readSettings } from '../agent/settings';
import { readEvidence } from '../evidence/read';
import { type Check, ok, type Patient, warning } from './check';

/** Whether an ADD collects evidence, and what there is of it. */
export function checkEvidence({ host, home, stateFolder }: Patient): Check[] {
  if (home === undefined) return [];
  const { evidence } = readSettings(host.platform, home.home);
  const beside =
    evidence === 'none' ? 'no order' : evidence === 'snapshot' ? 'every ADD' : "an operator's ADD, no alert's";
  const { snapshots, problems } = readEvidence(stateFolder);
  const unfinished = snapshots.filter(({ first }) => first === undefined).length;
  const found = `A snapshot is taken beside ${beside}; ${snapshots.length} are here${unfinished === 0 ? '' : `, ${unfinished} of them without a manifest`}.`;
  return [
    ok('evidence', found),
    ...problems.map((problem) =>
      warning('evidence', problem, 'It is not followed. Find out who put it there: only administrators can.'),
    ),
  ];
}
