import fc from 'fast-check';
import { isRefusal, parseNetwork } from '../src/policy/address';

/** One of the files, as it is or damaged. */
export function damaged(files: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...files), fc.option(damage, { freq: 2 }))
    .map(([file, change]) => change?.(file) ?? file);
}

/** Changes a few places of a file: other bytes stand there, more, or fewer. */
export const damage: fc.Arbitrary<(file: Buffer) => Buffer> = fc
  .array(fc.tuple(fc.nat(), fc.nat(40), fc.oneof(fc.string({ maxLength: 12 }), fc.constant('\0\0\0\0'))), {
    minLength: 1,
    maxLength: 4,
  })
  .map((changes) => {
    const change = (file: Buffer): Buffer =>
      changes.reduce((bytes, [position, length, text]) => {
        const at = position % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at + length)]);
      }, file);
    return Object.assign(change, { [fc.toStringMethod]: () => JSON.stringify(changes) });
  });

/** Everything in a text that could be meant as an address, in the form in which rules are made. */
export function addressesIn(text: string): Set<string> {
  const words = text.split(/[^0-9A-Za-z.:/]+/).flatMap((word) => [word, ...word.split('/')]);
  return new Set(
    words.flatMap((word) => {
      const address = parseNetwork(word, 24, 64);
      return isRefusal(address) ? [] : [address.text];
    }),
  );
}
