import { printed } from '../outcome/gaps';
import { escapeHtml } from '../outcome/output/html';
import { type CaseReport, type Moment, whoAsked } from './case-report';

const colours: Readonly<Record<Moment['kind'], string>> = {
  ordered: '#7a4fbf',
  step: '#8a8a8a',
  judged: '#1d6fb8',
  closed: '#2e8b57',
  outcome: '#c79a00',
};

/** One page for the ticket: nothing from outside, no script. `host`: its name. */
export function toPage(report: CaseReport, host: string, now: Date): string {
  const { caseNumber, asked, judged, moments, isOpen, journal } = report;
  const [first] = moments;
  const facts: [string, string][] = [
    ['Host', host],
    ['Case', caseNumber ?? 'no number'],
    ['State of the case', isOpen ? 'open' : 'closed'],
    ['Asked', whoAsked(asked)],
    ['Allowed besides', asked.allow?.join(', ') || 'nothing'],
    ['Last judgement', judged === undefined ? 'none was made' : judged.state],
    ['Gaps', judged?.gaps.map((gap) => printed(gap).code).join(', ') || 'none'],
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
svg { width: 100%; height: 3rem; display: block; margin: 1rem 0; }
@media print { body { margin: 0; max-width: none; } svg, i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
</style></head><body>
<h1>Containment of ${escapeHtml(host)}</h1>
<table>${facts.map(([name, value]) => `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</table>
<h2>The first minute, to scale</h2>
${first === undefined ? '' : timeline(moments, first.at)}
<h2>What happened</h2>
<table>${rows}</table>
<p>Times are in UTC. Written ${now.toISOString()} from the journal and the log of contain-host.</p>
</body></html>
`;
}

/** From the order on; what came later than a minute stands in the table only. */
function timeline(moments: readonly Moment[], start: Date): string {
  const since = (at: Date): number => at.getTime() - start.getTime();
  const shown = moments.filter(({ at }) => since(at) <= 60_000);
  const span = Math.max(1000, ...shown.map(({ at }) => since(at)));
  const marks = shown.map(({ at, kind, text }) => {
    const x = 10 + (since(at) / span) * 980;
    const title = `<title>${escapeHtml(`${(since(at) / 1000).toFixed(2)} s ${kind}: ${text.split('\n', 1)[0]}`)}</title>`;
    return `<circle cx="${x.toFixed(1)}" cy="20" r="6" fill="${colours[kind]}">${title}</circle>`;
  });
  return `<svg viewBox="0 0 1000 48" role="img" aria-label="The moments of the case, to scale"><line x1="10" x2="990" y1="20" y2="20" stroke="currentColor"/>${marks.join('')}<text x="10" y="44" font-size="13" fill="currentColor">0 s</text><text x="990" y="44" font-size="13" text-anchor="end" fill="currentColor">${(span / 1000).toFixed(1)} s</text></svg>`;
}
