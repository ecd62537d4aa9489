import fc from 'fast-check';
import { unifiedDiff } from '../../../src/fleet/kit/diff';

/** Applies a unified difference as patch(1) does, without any leeway. */
function patch(before: string, diff: string): string {
  const lines = before.split('\n').slice(0, -1);
  const out: string[] = [];
  let at = 0;
  for (const line of diff.split('\n').slice(2, -1)) {
    const [, start, count = '1'] = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@$/.exec(line) ?? [];
    if (start !== undefined) {
      const first = Number(start) - (count === '0' ? 0 : 1);
      out.push(...lines.slice(at, first));
      at = first;
    } else if (line.startsWith('+')) out.push(line.slice(1));
    else {
      expect(lines[at]).toBe(line.slice(1));
      at++;
      if (line.startsWith(' ')) out.push(line.slice(1));
    }
  }
  return [...out, ...lines.slice(at)].map((line) => `${line}\n`).join('');
}

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '', '-d', '+e'), { maxLength: 60 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

test('the difference makes the one text out of the other', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(patch(before, unifiedDiff('f', before, after))).toBe(after);
    }),
    { numRuns: 500 },
  );
});

test('it has three lines of context, and one part for each place', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`);
  const after = lines.map((line, index) => (index === 9 || index === 24 ? `new ${line}` : line)).join('');
  expect(unifiedDiff('f', lines.join(''), after)).toBe(
    [
      ...['--- f', '+++ f', '@@ -7,7 +7,7 @@', ' line 7', ' line 8', ' line 9', '-line 10', '+new line 10'],
      ...[' line 11', ' line 12', ' line 13', '@@ -22,7 +22,7 @@', ' line 22', ' line 23', ' line 24', '-line 25'],
      ...['+new line 25', ' line 26', ' line 27', ' line 28', ''],
    ].join('\n'),
  );
  expect(unifiedDiff('f', after, after)).toBe('');
});
