import { escapeHtml } from '../outcome/output/html';
import { type HostRecord, type HostState, hostStates } from './host-state';
import { askedBy, hostName, stamp, stateWords } from './words';

/** Colours that also differ in lightness, for print and for those who see no red or green. */
const colours: Readonly<Record<HostState, string>> = {
  opened: '#8c1d18',
  'not-enforced': '#c5372c',
  uncertain: '#8e4585',
  unanswered: '#d9691e',
  failed: '#e0564a',
  'contained-with-gaps': '#d9a900',
  'at-work': '#8fb8de',
  contained: '#1d6fb8',
  refused: '#7a7a7a',
  released: '#9fc5a8',
};

/** States in which somebody has to do something. */
const urgent: ReadonlySet<HostState> = new Set(hostStates.slice(0, hostStates.indexOf('contained-with-gaps')));

const style = `
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; --line: #8885; }
body { margin: 1.5rem auto; max-width: 80rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; font-size: .87rem; }
td { overflow-wrap: break-word; }
.state { font-weight: 600; }
.bar { width: 22%; min-width: 8rem; }
.axis { display: flex; justify-content: space-between; font-weight: 400; }
time, .axis { white-space: nowrap; font-variant-numeric: tabular-nums; }
i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; vertical-align: -1px; }
.counts span, .legend span { display: inline-block; margin: 0 1rem .2rem 0; }
.urgent { border: 2px solid ${colours.opened}; border-radius: 4px; padding: .4rem .6rem; margin: .6rem 0; font-weight: 600; }
svg { width: 100%; height: 1.1rem; display: block; background: #8882; border-radius: 2px; }
@media (max-width: 52rem) {
  thead { display: none; }
  table, tbody, tr, td { display: block; width: auto; }
  tr { border-bottom: 1px solid var(--line); padding: .7rem 0; }
  td { border: 0; padding: .1rem 0; }
  td:empty { display: none; }
  td[data-name]::before { content: attr(data-name) " "; opacity: .7; }
  .bar { width: auto; padding: .3rem 0; }
}
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 9pt; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  svg, i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}`;

/** One page with nothing from outside: a row for each host, and a bar of its states from `since` to `now`. */
export function page(records: readonly HostRecord[], since: Date, now: Date): string {
  const inNeed = records.filter(({ state }) => urgent.has(state)).length;
  const need =
    inNeed === 0
      ? '<p>No host needs attention now.</p>'
      : `<p class="urgent">${inNeed === 1 ? '1 host needs' : `${inNeed} hosts need`} attention now.</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>contain-host: hosts, ${stamp(now)}</title>
<style>${style}
</style></head><body>
<h1>Contained hosts</h1>
<p>As of ${stamp(now)}, by what the hosts told their server since ${stamp(since)}.</p>
${need}
<p class="counts">${counts(records)}</p>
${records.length === 0 ? '<p>No host has told this server anything of a containment.</p>' : table(records, since, now)}
</body></html>
`;
}

/** How many hosts are in each state, with its colour: the key to the bars as well. */
function counts(records: readonly HostRecord[]): string {
  return hostStates
    .map((state) => ({ state, count: records.filter((record) => record.state === state).length }))
    .filter(
      ({ state, count }) => count > 0 || records.some(({ history }) => history.some((one) => one.state === state)),
    )
    .map(({ state, count }) => `<span>${mark(state)}${count} ${escapeHtml(stateWords[state])}</span>`)
    .join(' ');
}

function mark(state: HostState): string {
  return `<i style="background:${colours[state]}"></i>`;
}

function table(records: readonly HostRecord[], since: Date, now: Date): string {
  const axis = `<div class="axis"><span>${stamp(since).slice(0, 10)}</span><span>${stamp(now).slice(0, 10)}</span></div>`;
  const heads = ['State', 'Host', axis, 'Since', 'For whom', 'Gaps', 'Last heard'];
  const rows = records.map((record) => row(record, since, now)).join('\n');
  return `<table><thead><tr>${heads.map((head) => `<th${head === axis ? ' class="bar"' : ''}>${head}</th>`).join('')}</tr></thead><tbody>
${rows}
</tbody></table>`;
}

function row(record: HostRecord, since: Date, now: Date): string {
  const { state, since: from, handler, caseNumber, requestedBy, gaps, lastHeard } = record;
  const asked = [
    ...(requestedBy === undefined ? [] : [askedBy[requestedBy]]),
    ...(handler === undefined ? [] : [`handler ${handler}`]),
    ...(caseNumber === undefined ? [] : [`case ${caseNumber}`]),
  ];
  return `<tr><td class="state">${mark(state)}${escapeHtml(stateWords[state])}</td><td>${escapeHtml(hostName(record))}</td><td class="bar">${bar(record, since, now)}</td>${[
    cell('Since', time(from)),
    cell('For', escapeHtml(asked.join(', '))),
    cell('Gaps', escapeHtml(gaps.join(', '))),
    cell('Last heard', time(lastHeard)),
  ].join('')}</tr>`;
}

/** Empty where there is nothing to say, so that a phone shows no name without a value. */
function cell(name: string, html: string): string {
  return html === '' ? '<td></td>' : `<td data-name="${name}">${html}</td>`;
}

function time(date: Date): string {
  return `<time datetime="${date.toISOString()}">${stamp(date).slice(0, 16)}</time>`;
}

function bar(record: HostRecord, since: Date, now: Date): string {
  const { history } = record;
  const span = Math.max(1, now.getTime() - since.getTime());
  const x = (date: Date): number => Math.min(1000, Math.max(0, ((date.getTime() - since.getTime()) / span) * 1000));
  const parts = history.map(({ state, at }, index) => {
    const [from, to] = [x(at), x(history[index + 1]?.at ?? now)];
    const title = `<title>${escapeHtml(`${stateWords[state]} since ${stamp(at)}`)}</title>`;
    // What was short must be seen all the same.
    const width = Math.max(6, to - from);
    return `<rect x="${Math.min(from, 1000 - width).toFixed(1)}" width="${width.toFixed(1)}" height="14" fill="${colours[state]}">${title}</rect>`;
  });
  const label = escapeHtml(`States of ${hostName(record)} over time`);
  return `<svg viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="${label}">${parts.join('')}</svg>`;
}
