import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/outcome/failure';
import { errorText } from '../../src/process/error-code';

const folder = mkdtempSync(join(tmpdir(), 'errors-'));
afterAll(() => rmSync(folder, { recursive: true }));

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test.each<[string, () => unknown, string]>([
  ['a file that is not there', () => readFileSync(join(folder, 'none')), 'it is not there'],
  ['a folder in its place', () => readFileSync(folder), 'it is a folder'],
  ['a file on its way', () => openSync(join(__filename, 'x'), 'r'), 'a part of its path is no folder'],
  ['a name that is too long', () => openSync(join(folder, 'x'.repeat(300)), 'r'), 'its name is too long'],
  ['a file that is there', () => writeFileSync(__filename, '', { flag: 'wx' }), 'it is there already'],
  ['a code that is rare', () => readFileSync('a\0b'), 'the system reports ERR_INVALID_ARG_VALUE'],
  ['what we say ourselves', () => errorWith('it belongs to user 7'), 'it belongs to user 7'],
  ['a failure of ours', () => fail('busy', 'Another one is at work.'), 'Another one is at work.'],
  ['a fault of ours', () => JSON.parse('{'), 'an unexpected error'],
])('%s is told in plain words', (_, act, words) => {
  expect(errorText(errorOf(act))).toBe(words);
});

function fail(...given: ConstructorParameters<typeof Failure>): never {
  throw new Failure(...given);
}

function errorWith(message: string): never {
  throw new Error(message);
}

test('so is a port at which nobody listens', async () => {
  const error = await new Promise((failed) => connect(9, '127.0.0.1').on('error', failed));
  expect(errorText(error)).toBe('nobody listens there');
});
