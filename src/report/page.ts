import { printed } from '../outcome/gaps';
import { escapeHtml } from '../outcome/output/html';
import { type CaseReport, describeTimes, type Moment, type StageOfEvidence, whoAsked } from './case-report';
import { drawTimeline } from './timeline';

const colours: Readonly<Record<Moment['kind'], string>> = {
  ordered: '#7a4fbf',
  step: '#8a8a8a',
  judged: '#1d6fb8',
  closed: '#2e8b57',
  outcome: '#c79a00',
};

/** One page for the ticket: nothing from outside, no script. `host`: its name. */
export function toPage(report: CaseReport, host: string, now: Date): string {
  const { caseNumber, asked, judged, moments, isOpen, journal, times } = report;
  const facts: [string, string][] = [
    ['Host', host],
    ['Case', caseNumber ?? 'no number'],
    ['State of the case', isOpen ? 'open' : 'closed'],
    ['Asked', whoAsked(asked)],
    ['Allowed besides', asked.allow?.join(', ') || 'nothing'],
    ['Last judgement', judged === undefined ? 'none was made' : judged.state],
    ['Gaps', judged?.gaps.map((gap) => printed(gap).code).join(', ') || 'none'],
    ...(times === undefined ? [] : [['Times', describeTimes(times)] satisfies [string, string]]),
    ['Journal', journal],
  ];
  const rows = moments
    .map(
      ({ at, kind, text }) =>
        `<tr><td><time>${at.toISOString()}</time></td><td class="kind"><i style="background:${colours[kind]}"></i>${kind}</td><td>${escapeHtml(text).replaceAll('\n', '<br>')}</td></tr>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>contain-host: ${escapeHtml(caseNumber ?? 'case')} on ${escapeHtml(host)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 1.5rem auto; max-width: 62rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
th, time, .kind { white-space: nowrap; }
i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .4em; vertical-align: -1px; }
svg { width: 100%; height: auto; display: block; margin: .5rem 0 1rem; }
svg text { font-size: 13px; fill: currentColor; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; } h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
.hash { font: 12px ui-monospace, monospace; overflow-wrap: anywhere; }
.number { text-align: right; }
.wrong { font-weight: 600; }
@media print { tr, svg { break-inside: avoid; } h2, h3 { break-after: avoid; } body { margin: 0; max-width: none; } svg, i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
</style></head><body>
<h1>Containment of ${escapeHtml(host)}</h1>
<table>${facts.map(([name, value]) => `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</table>
${timelines(report, now)}
<h2>What happened</h2>
<table>${rows}</table>
<h2>Evidence</h2>
${evidenceOf(report)}
<p>Times are in UTC. Written ${now.toISOString()} from the journal and the log of contain-host.</p>
</body></html>
`;
}

/** What was collected beside the cut, with the hashes that witness it. */
function evidenceOf({ evidence, evidenceProblems }: CaseReport): string {
  if (evidence.length === 0 && evidenceProblems.length === 0) return '<p>None was collected.</p>';
  const problems = evidenceProblems.map((problem) => `<p class="wrong">${escapeHtml(problem)}</p>`).join('');
  return problems + evidence.map(stageOf).join('');
}

function stageOf({ sha256, manifest }: StageOfEvidence): string {
  const { snapshot, stage, items } = manifest;
  const rows = items.flatMap(({ name, end, files }) => {
    const none = `<tr><td>${escapeHtml(name)}</td><td>${end}</td><td></td><td></td></tr>`;
    const kept = files.map(
      ({ file, bytes, sha256: hash }) =>
        `<tr><td>${escapeHtml(file)}</td><td>${end}</td><td class="number">${bytes}</td><td class="hash">${hash}</td></tr>`,
    );
    return kept.length === 0 ? [none] : kept;
  });
  return `<h3>${escapeHtml(snapshot)}, ${stage} stage</h3>
<p>manifest.json: <span class="hash">${sha256}</span></p>
<table><thead><tr><th>File</th><th>End</th><th class="number">Bytes</th><th>SHA-256</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

/** The first seconds, and the whole case where it goes on. */
function timelines({ milestones }: CaseReport, now: Date): string {
  const [first] = milestones;
  const judged = milestones.find(({ kind }) => kind === 'judged')?.at;
  if (first === undefined || judged === undefined) return drawTimeline(milestones, now, 'The case, to scale');
  const last = milestones.at(-1);
  const isOver = last?.kind === 'ended';
  const early = milestones.filter(({ at }) => at <= judged);
  return `<h2>From the order to the proof</h2>
${drawTimeline(early, judged, 'From the order to the proof, to scale')}
<h2>The whole case</h2>
${drawTimeline(
  milestones.filter(({ kind }) => ['ordered', 'blocked', 'order', 'ended'].includes(kind)),
  isOver ? last.at : now,
  'The whole case, to scale',
)}`;
}
