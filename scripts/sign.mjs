// Signs contain-host.exe in dist/, or in the folder given, makes the installer anew around it, signs that too, and
// writes SHA256SUMS again.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeInstaller } from './installer/installer.mjs';
import { writeChecksums } from './package/checksums.mjs';
import { product } from './package/product.mjs';
import { cache, dist, finish, Missing, run } from './package/workshop.mjs';

const usage = `Signing needs, in the environment:
  SIGN_PFX            the certificate with its key, a PKCS#12 file
  SIGN_PFX_PASSWORD   its password, if it has one
  SIGN_TIMESTAMP_URL  a time stamp server (RFC 3161); without one the signature ends with the certificate
Nothing was signed.`;
const howToGet =
  'Nothing was signed: osslsigncode is missing. Debian, Ubuntu: apt-get install osslsigncode; Fedora: dnf install osslsigncode; Windows: its releases on GitHub.';

await finish(() => {
  const target = resolve(process.argv[2] ?? dist);
  const { SIGN_PFX: pfx, SIGN_PFX_PASSWORD: password = '', SIGN_TIMESTAMP_URL: timestampUrl } = process.env;
  if (!pfx) throw new Missing(usage);
  if (!existsSync(join(target, 'contain-host.exe')))
    throw new Missing('There is nothing to sign yet: npm run package.');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'sign-'));
  try {
    // In a file, because everybody on the machine can read the arguments of a process.
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    const certificate = ['-pkcs12', pfx, '-readpass', passwordFile];
    const time = timestampUrl ? ['-ts', timestampUrl] : [];
    const sign = (file, ...options) => {
      const signed = join(folder, file);
      const parameters = [...certificate, ...time, ...options, '-h', 'sha256', '-n', product.name];
      run('osslsigncode', ['sign', ...parameters, '-in', join(target, file), '-out', signed], { howToGet });
      copyFileSync(signed, join(target, file));
    };
    sign('contain-host.exe');
    makeInstaller(join(target, 'contain-host.exe'), join(target, 'contain-host.msi'), product);
    sign('contain-host.msi', '-add-msi-dse');
    writeChecksums(target);
    console.log(`Signed: contain-host.exe and contain-host.msi in ${target}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
