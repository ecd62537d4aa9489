import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

/** A Windows PC whose state folder is on a small disk of its own, which any user could have filled. */
let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
  mkdirSync(endpoint.stateFolder, { recursive: true });
});
afterEach(() => endpoint.remove());

/**
 * Runs a script with the program as `contain-host` and the state folder as `$STATE`. `mebi`: the size of the disk. The
 * disk goes with the script.
 */
function onSmallDisk(mebi: number, script: string): string {
  const program = join(endpoint.home, 'active-response', 'bin', 'contain-host.js');
  const whole = `
    mount -t tmpfs -o size=${mebi}m none "$STATE"
    contain_host() { "$NODE" "$PROGRAM" "$@"; echo "$1 ended with $?"; }
    fill() { cat /dev/zero > "$STATE/filled" 2>/dev/null; }
    ${script}`;
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', whole], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...endpoint.environment(),
      STATE: endpoint.stateFolder,
      NODE: process.execPath,
      PROGRAM: program,
      HOME_OF_AGENT: endpoint.home,
      FILLER: filler,
    },
  });
  expect(stderr.replace(/^.*Nothing was changed.*$/gm, '').trim()).toBe('');
  return stdout;
}

test('with the reserve a disk that is full keeps no host from being contained, nor from being released', () => {
  const before = endpoint.machine.fingerprint();
  const said = onSmallDisk(
    16,
    `contain_host reserve; fill
     contain_host ADD - 192.0.2.50
     cat /dev/zero >> "$STATE/filled" 2>/dev/null
     contain_host status --expect contained >/dev/null && echo "contained"
     contain_host doctor | grep -A1 reserve
     contain_host DELETE - -`,
  );
  expect(said).toMatch(/ADD ended with 0\ncontained/);
  expect(said).toMatch(/DELETE ended with 0\n$/);
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test('without a reserve nothing is changed, and the message says what to do', () => {
  const before = endpoint.machine.fingerprint();
  expect(onSmallDisk(16, 'fill; contain_host ADD - 192.0.2.50')).toMatch(/disk[\s\S]*ADD ended with 3\n$/);
  expect(endpoint.machine.fingerprint()).toBe(before);
});

/** Takes every byte as soon as it is free. */
const filler = `
  const { openSync, writeSync } = require('node:fs');
  const fd = openSync(process.env.STATE + '/filled', 'a');
  const bytes = Buffer.alloc(65536);
  for (;;) try { writeSync(fd, bytes); } catch {}`;

test('somebody who fills at once what was given up keeps a host from being contained at most: never is anything lost or wrongly claimed', () => {
  const before = endpoint.machine.fingerprint();
  const said = onSmallDisk(
    16,
    `contain_host reserve; fill
     "$NODE" -e "$FILLER" & filler=$!
     contain_host ADD - 192.0.2.50
     kill $filler; rm "$STATE/filled"
     contain_host status --json | grep '"state"'
     contain_host DELETE - -`,
  );
  // Who is quick enough to let the export through, but not the reading back, ends in the way back.
  expect(said).toMatch(
    /ADD ended with (3[^{]*"not-contained"|5[^{]*"(not-contained|interrupted)"|[06][^{]*"(contained|degraded)")/,
  );
  expect(said).toMatch(/DELETE ended with 0\n$/);
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test("where the disk of the agent's folder is another one, and full, both copies of the backup lie in the state folder", () => {
  const before = endpoint.machine.fingerprint();
  const said = onSmallDisk(
    64,
    `mkdir "$STATE/agent"; cp -r "$HOME_OF_AGENT/." "$STATE/agent"
     mount -t tmpfs -o size=4m none "$HOME_OF_AGENT"; cp -r "$STATE/agent/." "$HOME_OF_AGENT"
     cat /dev/zero > "$HOME_OF_AGENT/filled" 2>/dev/null
     contain_host ADD - 192.0.2.50
     ls "$STATE"/fw-backup-*.wfw | wc -l
     contain_host DELETE - -`,
  );
  expect(said).toMatch(/ADD ended with 0\n2\n[\s\S]*DELETE ended with 0\n$/);
  expect(endpoint.machine.fingerprint()).toBe(before);
});
