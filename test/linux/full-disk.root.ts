import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** In a network and with a state folder of its own, on a disk that any user could have filled. */
test.each([
  ['is full', 'size=64k', 'mkdir -p -m 700 /var/lib/contain-host; cat /dev/zero > /var/lib/contain-host/filled'],
  ['is full before there is a state folder', 'nr_inodes=2', 'touch /var/lib/filled'],
  ['can only be read', 'size=64k', 'mkdir -m 700 /var/lib/contain-host; mount -o remount,ro /var/lib'],
  ['can only be read, without a state folder', 'size=64k', 'mount -o remount,ro /var/lib'],
])(
  'a disk that %s keeps no host from being contained, nor from being released',
  (_what, options, fill) => {
    const home = mkdtempSync(join(tmpdir(), 'full-'));
    try {
      for (const folder of ['etc', 'logs']) mkdirSync(join(home, folder));
      const server = '<server><address>10.0.0.5</address><protocol>udp</protocol></server>';
      writeFileSync(join(home, 'etc', 'ossec.conf'), `<ossec_config><client>${server}</client></ossec_config>\n`);
      const program = `'${process.execPath}' '${resolve('dist', 'contain-host.js')}'`;
      const script = `
      mount -t tmpfs none /run
      mount -t tmpfs -o ${options} none /var/lib
      { ${fill}; } 2>/dev/null
      ${program} ADD - 192.0.2.50; echo "ADD ended with $?"
      nft list table inet contain_host
      ${program} DELETE - - 1795576680.1234 100201; echo "an alert's DELETE ended with $?"
      ${program} ADD - 192.0.2.51; echo "second ADD ended with $?"
      ${program} DELETE - -; echo "DELETE ended with $?"
      nft list tables; echo "end"`;
      const { stdout } = spawnSync('unshare', ['--net', '--mount', 'sh', '-c', script], {
        encoding: 'utf8',
        env: { ...process.env, OSSECPATH: home },
      });
      // Contained; that a restart would lift it is a gap.
      expect(stdout).toMatch(/not-saved[\s\S]*\nADD ended with 6/);
      expect(stdout).toContain('The journal could not be written');
      expect(stdout).toMatch(/policy drop/);
      expect(stdout).toMatch(/Held by operator[\s\S]*an alert's DELETE ended with 0/);
      expect(stdout).toMatch(/not-saved[\s\S]*second ADD ended with 6/);
      expect(stdout).toMatch(/\nDELETE ended with 0\nend/);
    } finally {
      rmSync(home, { recursive: true });
    }
  },
  240_000,
);
