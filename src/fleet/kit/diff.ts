const context = 3;
/** A larger table would take too much memory; then all lines between the first and the last change are shown. */
const largestTable = 4_000_000;

type Sign = ' ' | '-' | '+';
interface Step {
  readonly sign: Sign;
  readonly line: string;
}

/** The difference between two texts as `diff -u` shows it; empty where there is none. */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return '';
  const steps = compare(linesOf(before), linesOf(after));
  return `--- ${file}\n+++ ${file}\n${hunksOf(steps).join('')}`;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function compare(before: readonly string[], after: readonly string[]): Step[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const same = (lines: readonly string[]): Step[] => lines.map((line) => ({ sign: ' ', line }));
  return [
    ...same(before.slice(0, head)),
    ...compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

/** By the longest common subsequence. */
function compareMiddle(before: readonly string[], after: readonly string[]): Step[] {
  const width = after.length + 1;
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  if (before.length * width <= largestTable) {
    const table = commonLengths(before, after);
    while (i < before.length && j < after.length) {
      if (before[i] === after[j]) {
        steps.push({ sign: ' ', line: before[i] ?? '' });
        i++;
        j++;
      } else if ((table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))
        steps.push({ sign: '-', line: before[i++] ?? '' });
      else steps.push({ sign: '+', line: after[j++] ?? '' });
    }
  }
  while (i < before.length) steps.push({ sign: '-', line: before[i++] ?? '' });
  while (j < after.length) steps.push({ sign: '+', line: after[j++] ?? '' });
  return steps;
}

function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1;
  const table = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      table[i * width + j] =
        before[i] === after[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
  return table;
}

function hunksOf(steps: readonly Step[]): string[] {
  const hunks: string[] = [];
  let [at, oldLine, newLine] = [0, 1, 1];
  while (at < steps.length) {
    if (steps[at]?.sign === ' ') {
      at++;
      oldLine++;
      newLine++;
      continue;
    }
    const start = Math.max(0, at - context);
    let end = at;
    for (let quiet = 0; end < steps.length && quiet <= 2 * context; end++)
      quiet = steps[end]?.sign === ' ' ? quiet + 1 : 0;
    while (steps[end - 1]?.sign === ' ' && end - 1 >= at && trailing(steps, end) > context) end--;
    const part = steps.slice(start, end);
    const count = (sign: Sign): number => part.filter((step) => step.sign === ' ' || step.sign === sign).length;
    const [oldStart, newStart] = [oldLine - (at - start), newLine - (at - start)];
    hunks.push(
      `@@ -${range(oldStart, count('-'))} +${range(newStart, count('+'))} @@\n${part.map(({ sign, line }) => `${sign}${line}\n`).join('')}`,
    );
    const gone = steps.slice(at, end);
    oldLine += gone.filter(({ sign }) => sign !== '+').length;
    newLine += gone.filter(({ sign }) => sign !== '-').length;
    at = end;
  }
  return hunks;
}

/** How many of the steps before `end` in a row change nothing. */
function trailing(steps: readonly Step[], end: number): number {
  let count = 0;
  while (end - 1 - count >= 0 && steps[end - 1 - count]?.sign === ' ') count++;
  return count;
}

/** A hunk without lines on one side stands behind the line before it. */
function range(start: number, count: number): string {
  return count === 1 ? String(start) : `${count === 0 ? start - 1 : start},${count}`;
}
