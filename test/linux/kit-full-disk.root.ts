import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { KitServer } from '../../fixtures/fleet/kit-server';

/** The server lies on a small disk, of which somebody has taken all but a few kilobytes. */
test('on a full disk the kit changes nothing, and the test that would empty ar.conf is not run', () => {
  const server = new KitServer('ossec');
  try {
    const program = `'${process.execPath}' '${resolve('dist', 'contain-host.js')}'`;
    const script = `
      cp -a '${server.home}' /run/given && mount -t tmpfs -o size=128k none '${server.home}' && cd '${server.home}'
      cp -a /run/given/. . && head -c 16384 /dev/zero > free && cat /dev/zero > filled; rm free
      OSSECPATH='${server.home}' ${program} fleet install-kit | grep -v '^[-+@ ]'
      rm filled; diff -r /run/given . && echo "as it was"`;
    const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', `mount -t tmpfs none /run; ${script}`], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/The disk of \S+ is full\. Nothing was changed\./);
    expect(stdout).toBe('as it was\n');
  } finally {
    server.remove();
  }
});
