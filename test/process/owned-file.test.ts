import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotTrusted, openOwned } from '../../src/process/owned-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'owned '));
  mkdirSync(join(folder, 'logs'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const own = new Set([process.getuid?.() ?? 0]);
const toRead = constants.O_RDONLY;
const toAppend = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
const open = (flags: number, owners: ReadonlySet<number> = own): void =>
  closeSync(openOwned({ folder, names: ['logs', 'a.log'], owners }, flags, 0o640));
const file = (): string => join(folder, 'logs', 'a.log');
const shell = (program: string, ...args: readonly string[]): void => {
  expect(spawnSync(program, args).status).toBe(0);
};

/** What whoever may write into that folder can put into the place of a file. */
const attacks: [string, () => void | Promise<void>][] = [
  ['a named pipe', () => shell('mkfifo', file())],
  ['a link to a file', () => link(join(folder, 'target'))],
  ['a link to a pipe', () => link(join(folder, 'pipe'))],
  ['a link that leads nowhere', () => symlinkSync(join(folder, 'nowhere'), file())],
  ['a link to itself', () => symlinkSync(file(), file())],
  ['a link to a device', () => symlinkSync('/dev/zero', file())],
  ['a folder', () => mkdirSync(file())],
  ['a second name of another file', () => linkSync(join(folder, 'target'), file())],
  ['a socket', () => listen(file())],
  [
    'a link in place of its folder',
    () => {
      rmSync(join(folder, 'logs'), { recursive: true });
      mkdirSync(join(folder, 'elsewhere'));
      writeFileSync(join(folder, 'elsewhere', 'a.log'), 'secret');
      symlinkSync(join(folder, 'elsewhere'), join(folder, 'logs'));
    },
  ],
  [
    'a pipe in place of its folder',
    () => {
      rmSync(join(folder, 'logs'), { recursive: true });
      shell('mkfifo', join(folder, 'logs'));
    },
  ],
];

function link(target: string): void {
  if (target.endsWith('pipe')) shell('mkfifo', target);
  symlinkSync(target, file());
}

/** A socket stays as a file when its server is killed. */
async function listen(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  server.unref();
}

describe.each(attacks)('%s', (_what, attack) => {
  beforeEach(async () => {
    writeFileSync(join(folder, 'target'), 'whole');
    await attack();
  });

  test('is not read', () => expect(() => open(toRead)).toThrow(NotTrusted));

  test('is not written, and leads to no other file', () => {
    expect(() => open(toAppend)).toThrow(NotTrusted);
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('whole');
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});

test('a plain file is read, and made where it is to be written', () => {
  expect(() => open(toRead)).toThrow('ENOENT');
  open(toAppend);
  open(toRead);
  expect(existsSync(file())).toBe(true);
});

test('what belongs to nobody who is trusted is left alone, file or folder', () => {
  const others = new Set([54_321]);
  writeFileSync(file(), '');
  expect(() => open(toRead, others)).toThrow(/belongs to somebody else \(user \d+\)/);
  // As root the folder can be given away; otherwise it is another's already for those owners.
  if (process.getuid?.() === 0) chownSync(file(), 54_321, 54_321);
  expect(() => open(toAppend, others)).toThrow(NotTrusted);
});

test('the folder itself may be reached by a link, and needs no right to be listed', () => {
  writeFileSync(file(), '');
  symlinkSync(folder, join(folder, 'also'));
  chmodSync(join(folder, 'logs'), 0o311);
  closeSync(openOwned({ folder: join(folder, 'also'), names: ['logs', 'a.log'], owners: own }, toRead));
  // An ordinary user could not clear it away.
  chmodSync(join(folder, 'logs'), 0o755);
});
