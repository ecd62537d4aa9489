import { escapeHtml } from '../outcome/output/html';
import type { HostRecord, HostState } from './host-state';
import { stamp, stateWords } from './words';

/** Colours that also differ in lightness, for print and for those who see no red or green. */
const colours: Readonly<Record<HostState, string>> = {
  'not-enforced': '#b3261e',
  uncertain: '#8e4585',
  unanswered: '#c2571a',
  'contained-with-gaps': '#c79a00',
  contained: '#1d6fb8',
  refused: '#7a7a7a',
  released: '#9fc5a8',
};

/** One page with nothing from outside: a row for each host, and a bar of its states from `since` to `now`. */
export function page(records: readonly HostRecord[], since: Date, now: Date): string {
  const rows = records.map((record) => row(record, since, now)).join('\n');
  const legend = Object.entries(colours)
    .map(([state, colour]) => `<span><i style="background:${colour}"></i>${stateWords[state as HostState]}</span>`)
    .join(' ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>contain-host: hosts, ${stamp(now)}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
.state { font-weight: 600; white-space: nowrap; }
i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; vertical-align: -1px; }
.legend span { margin-right: 1em; white-space: nowrap; }
svg { width: 100%; height: 14px; display: block; margin-top: .3rem; }
@media (max-width: 45rem) { thead { display: none; } tr, td { display: block; border: 0; padding: 0; } tr { border-bottom: 1px solid #8884; padding: .6rem 0; } }
@media print { body { margin: 0; max-width: none; } svg, i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
</style></head><body>
<h1>Contained hosts</h1>
<p>As of ${stamp(now)}, by what the hosts told their server since ${stamp(since)}. The bar shows the states over that time.</p>
<table><thead><tr><th>State</th><th>Host</th><th>Since</th><th>Handler, case</th><th>Gaps</th><th>Last heard</th></tr></thead><tbody>
${rows === '' ? '<tr><td colspan="6">No host has told this server anything of a containment.</td></tr>' : rows}
</tbody></table>
<p class="legend">${legend}</p>
</body></html>
`;
}

function row(record: HostRecord, since: Date, now: Date): string {
  const { origin, state, since: from, handler, caseNumber, requestedBy, gaps, lastHeard } = record;
  const asked = [
    handler ?? (requestedBy === 'alert' ? 'an alert' : ''),
    caseNumber === undefined ? '' : `case ${caseNumber}`,
  ];
  const cells = [
    `<td class="state"><i style="background:${colours[state]}"></i>${escapeHtml(stateWords[state])}</td>`,
    `<td>${escapeHtml(`${origin.id ?? ''} ${origin.name}`.trim())}${bar(record, since, now)}</td>`,
    ...[stamp(from), asked.filter((text) => text !== '').join(', '), gaps.join(', '), stamp(lastHeard)].map(
      (text) => `<td>${escapeHtml(text)}</td>`,
    ),
  ];
  return `<tr>${cells.join('')}</tr>`;
}

function bar({ history, origin }: HostRecord, since: Date, now: Date): string {
  const span = Math.max(1, now.getTime() - since.getTime());
  const x = (date: Date): number => Math.min(1000, Math.max(0, ((date.getTime() - since.getTime()) / span) * 1000));
  const parts = history.map(({ state, at }, index) => {
    const [from, to] = [x(at), x(history[index + 1]?.at ?? now)];
    const title = `<title>${escapeHtml(`${stateWords[state]} since ${stamp(at)}`)}</title>`;
    return `<rect x="${from.toFixed(1)}" width="${Math.max(2, to - from).toFixed(1)}" height="14" fill="${colours[state]}">${title}</rect>`;
  });
  const label = escapeHtml(`States of ${origin.name} over time`);
  return `<svg viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="${label}">${parts.join('')}</svg>`;
}
