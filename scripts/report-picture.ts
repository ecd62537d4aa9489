/**
 * Makes docs/report.png: the report of a case that is played on the stand-in, as a browser shows it. Needs Chromium;
 * `npm run docs:picture`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../fixtures/endpoint';
import { typicalHost } from '../fixtures/standin/hosts';

/** What a few of the tools of the first stage would print. */
const tools = {
  netstat: '  TCP    10.0.0.17:49811    203.0.113.66:443    ESTABLISHED    4412',
  tasklist: '"updater.exe","4412","Console","1","18,204 K"',
  ipconfig: '    updates.example.net\n    A (Host) Record . . . : 203.0.113.66',
  arp: '  10.0.0.1              00-00-5e-00-53-01     dynamic',
};

async function main(): Promise<void> {
  const endpoint = new Endpoint(typicalHost(), '<server><address>10.0.0.5</address><protocol>udp</protocol></server>');
  try {
    for (const [name, text] of Object.entries(tools)) {
      const file = join(endpoint.machine.system32, `${name}.exe`);
      writeFileSync(file, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
      chmodSync(file, 0o755);
    }
    const words = 'case=77 order=3 beacons to 203.0.113.66 (from_the_server) (no_rule_id)';
    await endpoint.run('ADD', '-', '192.0.2.50', words);
    await endpoint.run('ADD', '-', '192.0.2.51', 'case=77 (from_the_server) (no_rule_id)');
    const isCollected = async (): Promise<boolean> =>
      (await endpoint.run('evidence', '77')).stdout.match(/second stage, /g)?.length === 2;
    while (!(await isCollected())) await wait(200);
    await endpoint.run('DELETE', '-', '-');
    const page = join(endpoint.folder, 'report.html');
    await endpoint.run('report', '77', '--html', page);
    shoot(page, process.argv[2] ?? join('docs', 'report.png'), process.argv.slice(3));
  } finally {
    endpoint.remove();
  }
}

/** `more`: further options for the browser. */
function shoot(page: string, picture: string, more: readonly string[]): void {
  const browser = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((file) => existsSync(file));
  if (browser === undefined) throw new Error('Chromium is missing. Debian: apt-get install chromium');
  const headless = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--window-size=1060,2280'];
  const { status } = spawnSync(browser, [...headless, ...more, `--screenshot=${picture}`, `file://${page}`]);
  if (status !== 0) throw new Error(`${browser} ended with ${status}`);
}

void main();
