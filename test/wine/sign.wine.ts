import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built, useWindows } from './windows';

const newWindows = useWindows();
let folder: string;
let timestamps: Server;
const inFolder = (name: string): string => join(folder, name);

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

function makeCertificate(name: string, usage: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', `extendedKeyUsage=${usage}`];
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    ...subject,
  );
}

/** A time stamp server after RFC 3161, by openssl. */
function startTimestampServer(): Promise<Server> {
  makeCertificate('time', 'critical,timeStamping');
  writeFileSync(inFolder('serial'), '01\n');
  writeFileSync(
    inFolder('tsa.cnf'),
    '[tsa]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\n',
  );
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      writeFileSync(inFolder('query'), Buffer.concat(chunks));
      const files = ['-config', 'tsa.cnf', '-section', 'tsa', '-signer', 'time.pem', '-inkey', 'time.key'];
      openssl('ts', '-reply', ...files, '-queryfile', 'query', '-out', 'reply');
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(readFileSync(inFolder('reply')));
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** `npm run sign`; not synchronous, because its time stamps come from this process. */
function sign(env: Readonly<Record<string, string>>): Promise<{ status: number | null; said: string }> {
  const script = join(__dirname, '..', '..', 'scripts', 'sign.mjs');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, folder], { env: { PATH: process.env.PATH, ...env } });
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.stderr.on('data', (text) => (said += text));
    child.on('close', (status) => resolve({ status, said }));
  });
}

function verify(file: string): string {
  const args = ['verify', '-CAfile', 'code.pem', '-TSA-CAfile', 'time.pem', '-in', file];
  return spawnSync('osslsigncode', args, { cwd: folder, encoding: 'utf8' }).stdout;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sign-'));
  for (const file of ['contain-host.exe', 'contain-host.msi', 'sbom.cdx.json'])
    copyFileSync(built(file), inFolder(file));
  makeCertificate('code', 'codeSigning');
  openssl(
    'pkcs12',
    '-export',
    '-inkey',
    'code.key',
    '-in',
    'code.pem',
    '-out',
    'code.pfx',
    '-passout',
    'pass:a "secret',
  );
  timestamps = await startTimestampServer();
});
afterAll(() => {
  timestamps.close();
  rmSync(folder, { recursive: true });
});

test('without a certificate it says what it needs and changes nothing', async () => {
  const { status, said } = await sign({});
  expect(status).toBe(1);
  expect(said).toMatch(/SIGN_PFX .*\n.*SIGN_PFX_PASSWORD/);
  expect(readFileSync(inFolder('contain-host.exe')).equals(readFileSync(built('contain-host.exe')))).toBe(true);
});

test('both files are signed and stamped, the installer carries the signed program, and that still runs', async () => {
  const { port } = timestamps.address() as AddressInfo;
  const { status, said } = await sign({
    SIGN_PFX: inFolder('code.pfx'),
    SIGN_PFX_PASSWORD: 'a "secret',
    SIGN_TIMESTAMP_URL: `http://127.0.0.1:${port}/`,
  });
  expect({ status, said }).toMatchObject({ status: 0 });
  for (const file of ['contain-host.exe', 'contain-host.msi']) {
    expect(verify(file)).toMatch(/Timestamp verified[\s\S]*Signature verification: ok[\s\S]*Succeeded/);
  }

  mkdirSync(inFolder('unpacked'));
  spawnSync('msiextract', ['--directory', 'unpacked', 'contain-host.msi'], { cwd: folder });
  const [carried] = spawnSync('find', ['unpacked', '-name', 'contain-host.exe'], {
    cwd: folder,
    encoding: 'utf8',
  }).stdout.split('\n');
  expect(readFileSync(inFolder(String(carried))).equals(readFileSync(inFolder('contain-host.exe')))).toBe(true);
  expect(spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: folder }).status).toBe(0);

  const windows = newWindows();
  copyFileSync(inFolder('contain-host.exe'), windows.path('contain-host.exe'));
  expect(await windows.start(['C:\\contain-host.exe', '--version'])).toMatchObject({ exitCode: 0 });
});
