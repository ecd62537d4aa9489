import { escapeHtml } from '../outcome/output/html';
import type { Milestone } from './milestones';

/** Colours that also differ in lightness, for print and for those who see no red or green. */
const colours: Readonly<Record<Milestone['kind'], string>> = {
  ordered: '#7a4fbf',
  begun: '#8a8a8a',
  'rules-off': '#c2571a',
  blocked: '#1d6fb8',
  judged: '#2f8fa8',
  order: '#c79a00',
  ended: '#2e8b57',
};

const [left, right, row] = [12, 988, 24];

/**
 * A drawing of milestones, to scale. Each has a line of its own, so that moments which lie close together can be read.
 * Bars show how long no rules held the host, and how long the block was in force; `until`: where the drawing ends.
 */
export function drawTimeline(milestones: readonly Milestone[], until: Date, label: string): string {
  const [first] = milestones;
  if (first === undefined) return '';
  const start = first.at.getTime();
  const span = Math.max(1, until.getTime() - start);
  const x = (at: Date): number => left + (Math.min(span, at.getTime() - start) / span) * (right - left);
  const at = (kind: Milestone['kind']): Date | undefined => milestones.find((one) => one.kind === kind)?.at;
  const height = milestones.length * row + 44;
  const bars = [
    bar(at('rules-off'), at('blocked'), colours['rules-off'], 'no rules held the host'),
    bar(at('blocked'), at('ended') ?? until, colours.blocked, 'contained'),
  ].join('');
  const marks = milestones.map((one, index) => {
    const [mx, my] = [x(one.at), 40 + index * row];
    const isLeft = mx < 560;
    const text = escapeHtml(`${shorten(one.text)}, ${ago(one.at.getTime() - start)}`);
    return `<line x1="${mx.toFixed(1)}" x2="${mx.toFixed(1)}" y1="12" y2="${my}" stroke="${colours[one.kind]}" stroke-opacity=".5"/><circle cx="${mx.toFixed(1)}" cy="${my}" r="5" fill="${colours[one.kind]}"/><text x="${(mx + (isLeft ? 10 : -10)).toFixed(1)}" y="${my + 5}" text-anchor="${isLeft ? 'start' : 'end'}">${text}</text>`;
  });
  return `<svg viewBox="0 0 1000 ${height}" role="img" aria-label="${escapeHtml(label)}"><rect x="${left}" y="8" width="${right - left}" height="8" fill="#8884"/>${bars}${marks.join('')}<text x="${right}" y="${height - 4}" text-anchor="end">to scale, ${ago(span)} from end to end</text></svg>`;

  function bar(from: Date | undefined, to: Date | undefined, colour: string, title: string): string {
    if (from === undefined || to === undefined || to <= from) return '';
    const [x1, x2] = [x(from), x(to)];
    return `<rect x="${x1.toFixed(1)}" y="8" width="${Math.max(1, x2 - x1).toFixed(1)}" height="8" fill="${colour}"><title>${title}</title></rect>`;
  }
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);

/** Such as `1.25 s`, `4 min 10 s` or `2 h 5 min`. */
export function ago(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
