import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inflateRawSync } from 'node:zlib';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import { readEvidence } from '../../src/evidence/read';
import { verify } from '../../src/evidence/verify';
import { manifestOf, putStage } from '../evidence/made';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(emptyHost(), udpServer);
  endpoint.snapshots = 'real';
});
afterEach(() => endpoint.remove());

const evidence = (...args: string[]) => endpoint.run('evidence', ...args);

/** Both stages of a snapshot of a case. Returns the folder of the first. */
function collect(number: string): string {
  const name = { case: number };
  const first = putStage(endpoint.stateFolder, manifestOf('first', `TCP of ${number}`, name), `TCP of ${number}`);
  const firstManifest = createHash('sha256')
    .update(readFileSync(join(first, 'manifest.json')))
    .digest('hex');
  putStage(endpoint.stateFolder, manifestOf('second', 'drivers', { ...name, firstManifest }), 'drivers');
  return first;
}

/** The files in an archive, by its central directory (PKWARE's APPNOTE, 4.3). */
function unpack(file: string): Map<string, string> {
  const zip = readFileSync(file);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  return new Map(
    Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
      const [packed, nameLength, offset] = [
        zip.readUInt32LE(at + 20),
        zip.readUInt16LE(at + 28),
        zip.readUInt32LE(at + 42),
      ];
      const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
      at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
      const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
      return [name, inflateRawSync(zip.subarray(start, start + packed)).toString()];
    }),
  );
}

test('what was collected is listed with its hashes, of all cases or of one', async () => {
  const first = collect('77');
  collect('78');
  const hash = createHash('sha256')
    .update(readFileSync(join(first, 'manifest.json')))
    .digest('hex');
  const all = await evidence();
  expect(all.exitCode).toBe(0);
  expect(all.stdout.match(/^evidence\S+, ordered .* by an operator$/gm)).toHaveLength(2);
  const one = await evidence('77');
  expect(one).toMatchObject({ exitCode: 0, stderr: '' });
  expect(one.stdout).toContain(`manifest.json  SHA-256 ${hash}`);
  expect(one.stdout).toMatch(/connections: complete\n +connections\.txt {2}9 bytes {2}SHA-256 [0-9a-f]{64}/);
  expect(one.stdout).not.toContain('evidence/78');
  expect(await evidence('77', '--verify')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/Verified/) });
});

test('what was changed is named, exit code 6, and what is whole is packed all the same', async () => {
  const first = collect('77');
  collect('78');
  const secret = join(endpoint.folder, 'secret');
  writeFileSync(secret, 'TCP of 77');
  rmSync(join(first, 'connections.txt'));
  symlinkSync(secret, join(first, 'connections.txt'));
  const file = join(endpoint.folder, 'all.zip');
  const packed = await evidence('--archive', file);
  expect(packed).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/^WRONG: evidence.77.*link/) });
  expect(statSync(file).mode & 0o077).toBe(0);
  const files = unpack(file);
  expect(files.get('evidence/78/20261130T092200123Z/first/connections.txt')).toBe('TCP of 78');
  expect(files.get('evidence/77/20261130T092200123Z/first/manifest.json')).toBe(
    readFileSync(join(first, 'manifest.json'), 'utf8'),
  );
  expect([...files.keys()].filter((name) => name.includes('/77/')).sort()).toEqual(
    [
      'first/manifest.json',
      'first/manifest.sha256',
      'second/connections.txt',
      'second/manifest.json',
      'second/manifest.sha256',
    ].map((name) => `evidence/77/20261130T092200123Z/${name}`),
  );
});

test.each(['1850-01-01T00:00:00.000Z', '9999-01-01T00:00:00.000Z', 'x'])(
  'a manifest whose time somebody changed to %s is named, and packed with all else',
  async (time) => {
    const first = collect('77');
    collect('78');
    const manifest = join(first, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"endedAt":"[^"]*"/, `"endedAt":"${time}"`));
    const file = join(endpoint.folder, 'all.zip');
    expect(await evidence('--archive', file)).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/^WRONG/) });
    expect(unpack(file).get('evidence/78/20261130T092200123Z/first/connections.txt')).toBe('TCP of 78');
  },
);

test('an archive that is there already is not overwritten', async () => {
  collect('77');
  const file = join(endpoint.folder, 'all.zip');
  writeFileSync(file, 'somebody’s');
  expect(await evidence('--archive', file)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/there already/),
  });
  expect(readFileSync(file, 'utf8')).toBe('somebody’s');
  const nowhere = join(endpoint.folder, 'none', 'all.zip');
  expect(await evidence('--archive', nowhere)).toMatchObject({ exitCode: 1 });
  expect(existsSync(nowhere)).toBe(false);
});

test.each(['in the folder of a stage', 'by a link to it'])(
  'an archive is not put among the evidence: %s',
  async (how) => {
    const first = collect('77');
    const link = join(endpoint.folder, 'link');
    symlinkSync(first, link);
    const file = join(how === 'by a link to it' ? link : first, 'all.zip');
    expect(await evidence('--archive', file)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/in the evidence itself/),
    });
    expect(await evidence('77', '--verify')).toMatchObject({ exitCode: 0, stderr: '' });
  },
);

test('a snapshot that an order took is whole, until one bit of any file of it changes', async () => {
  expect(await endpoint.run('ADD', '-', '192.0.2.50', 'case=77')).toMatchObject({ exitCode: 0 });
  while (!(await evidence('77')).stdout.includes('second stage, ')) await wait(50);
  expect(await evidence('77', '--verify')).toMatchObject({ exitCode: 0, stderr: '' });
  const { snapshots } = readEvidence(endpoint.stateFolder);
  const all = snapshots.flatMap((snapshot) => verify(endpoint.stateFolder, snapshot).present);
  expect(all.length).toBeGreaterThanOrEqual(5);
  for (const { names } of all) {
    const file = join(endpoint.stateFolder, ...names);
    const good = readFileSync(file);
    const bad = Buffer.from(good);
    bad[good.length >> 1] = (bad[good.length >> 1] ?? 0) ^ 1;
    writeFileSync(file, bad);
    expect({ file, ...(await evidence('--verify')) }).toMatchObject({
      file,
      exitCode: 6,
      stderr: expect.stringMatching(/^WRONG: /),
    });
    writeFileSync(file, good);
  }
}, 60_000);

test.each<[string[], RegExp]>([
  [[], /No evidence is kept on this host/],
  [['77'], /No evidence is kept on this host/],
  [['77', '78'], /does not take/],
  [['--pack'], /evidence has no option "--pack"/],
])('%j, where there is none: one sentence, exit code 1', async (args, reason) => {
  expect(await evidence(...args)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(reason) });
});

test('words in a changed manifest do nothing to a terminal', async () => {
  const first = collect('77');
  const text = readFileSync(join(first, 'manifest.json'), 'utf8').replace('"connections"', '"\\u001b[2Jconnections"');
  writeFileSync(join(first, 'manifest.json'), text);
  expect((await evidence()).stdout).toContain('?[2Jconnections');
});
