import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { timeouts } from '../../src/host';
import { listenForBegun, takeFresh, tellBegun } from '../../src/process/begun';

const ended = (output: string, endedAt = Date.now()) => ({ exitCode: 0, output, endedAt });

test('what another process has begun arrives whole, whatever a tool wrote and however the pipe cuts it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), async (output, cut) => {
      const pipe = new PassThrough();
      const begun = listenForBegun(pipe, timeouts.begun);
      const bytes = Buffer.from(tellBegun('query', ended(output)));
      for (let at = 0; at < bytes.length; at += cut) pipe.write(bytes.subarray(at, at + cut));
      expect(await begun.take('query')).toMatchObject({ exitCode: 0, output });
    }),
  );
});

test('a result can be waited for, and is taken once', async () => {
  const pipe = new PassThrough();
  const begun = listenForBegun(pipe, timeouts.begun);
  const first = begun.take('close');
  pipe.end(tellBegun('close', ended('done')));
  expect(await first).toMatchObject({ output: 'done' });
  expect(await begun.take('close')).toBeUndefined();
});

test('a process that ends, and lines that are none, leave everything to whoever asks', async () => {
  const pipe = new PassThrough();
  const begun = listenForBegun(pipe, timeouts.begun);
  const asked = begun.take('query MpsSvc');
  pipe.end('{"call":\nnull\n7\n');
  expect(await asked).toBeUndefined();
  expect(await begun.take('query BFE')).toBeUndefined();
});

test.each([
  ['two minutes old', -120_000],
  ['from the future', 120_000],
])('a reading that is %s is not believed', async (_when, offset) => {
  const pipe = new PassThrough();
  const begun = listenForBegun(pipe, timeouts.begun);
  pipe.write(tellBegun('query BFE', ended('4', Date.now() + offset)));
  expect(await takeFresh({ begun, timeouts }, 'query BFE')).toBeUndefined();
  expect(await takeFresh({ timeouts }, 'query BFE')).toBeUndefined();
});
