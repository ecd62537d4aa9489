import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { readLine } from '../../src/request/read-line';

/** Puts the pieces in one after the other; the input stays open, as the agent leaves it. */
function lineOf(...pieces: readonly Buffer[]): Promise<string> {
  const input = new PassThrough();
  const line = readLine(input, 1000);
  for (const piece of pieces) input.write(piece);
  return line;
}

test('the first line is taken, however its bytes come, while the input stays open', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text)),
      fc.constantFrom('\n', '\r\n'),
      fc.nat(),
      async (text, end, where) => {
        const bytes = Buffer.from(`${text}${end}more`);
        const cut = where % (bytes.length - 4);
        expect(await lineOf(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(text);
      },
    ),
  );
});

test('a line that the end of the input ends counts too', async () => {
  const input = new PassThrough();
  input.end('{"a":1}');
  expect(await readLine(input, 1000)).toBe('{"a":1}');
});

test('64 KiB are read, and one byte more is not', async () => {
  const longest = Buffer.alloc(64 * 1024, 'x');
  expect(await lineOf(longest, Buffer.from('\n'))).toHaveLength(65_536);
  await expect(lineOf(longest, Buffer.from('x\n'))).rejects.toMatchObject({ code: 'bad-message' });
  await expect(lineOf(longest, Buffer.from('x'))).rejects.toMatchObject({ message: expect.stringMatching(/64 KiB/) });
});

test('an input that says nothing, or ends at once, or breaks is refused with a reason', async () => {
  const silent = new PassThrough();
  await expect(readLine(silent, 20)).rejects.toMatchObject({
    code: 'bad-message',
    message: expect.stringMatching(/within/),
  });
  const ended = new PassThrough();
  ended.end();
  await expect(readLine(ended, 1000)).rejects.toMatchObject({ code: 'bad-message' });
  const broken = new PassThrough();
  setImmediate(() => broken.destroy(new Error('EIO')));
  await expect(readLine(broken, 1000)).rejects.toMatchObject({ message: expect.stringMatching(/EIO/) });
});
