// Makes docs/fleet-status.png from made-up hosts: node scripts/manual/fleet-picture.mjs [WIDTH HEIGHT [FILE]]. Needs
// chromium (apt-get install chromium).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../build.mjs';

const [width = '1100', height = '560', file = 'docs/fleet-status.png'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'fleet-picture-'));
try {
  await bundle('src/fleet/page.ts', join(folder, 'page.cjs'));
  const { page } = createRequire(import.meta.url)(join(folder, 'page.cjs'));
  const now = new Date('2026-11-30T09:41:00Z');
  const ago = (hours) => new Date(now.getTime() - hours * 3600_000);
  const host = (id, name, states, more = {}) => ({
    ...{ origin: { id, name }, state: states.at(-1)[1], since: ago(states.at(-1)[0]), gaps: [], lastHeard: ago(0.1) },
    ...{ history: states.map(([hours, state]) => ({ at: ago(hours), state })), ...more },
  });
  const asked = { handler: '192.0.2.50', requestedBy: 'operator', caseNumber: '77' };
  const hosts = [
    host(
      '017',
      'pc-reception',
      [
        [900, 'contained'],
        [70, 'opened'],
      ],
      asked,
    ),
    host(
      '031',
      'pc-lab-3',
      [
        [1300, 'contained'],
        [1200, 'released'],
        [30, 'not-enforced'],
      ],
      { ...asked, gaps: ['profile-off-on-Public'] },
    ),
    host('044', 'web-2', [[5, 'failed']], { requestedBy: 'operator', caseNumber: '81' }),
    host(
      '012',
      'pc-sales-1',
      [
        [400, 'contained'],
        [200, 'contained-with-gaps'],
      ],
      { ...asked, gaps: ['handler-blocked'] },
    ),
    host(
      '011',
      'pc-sales-2',
      [
        [1500, 'contained'],
        [1100, 'released'],
        [160, 'contained'],
      ],
      asked,
    ),
    host('013', 'pc-sales-3', [[160, 'contained']], { requestedBy: 'alert' }),
    host('052', 'db-1', [
      [2000, 'contained'],
      [1500, 'released'],
    ]),
  ];
  writeFileSync(join(folder, 'page.html'), page(hosts, ago(90 * 24), now));
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--window-size=${width},${height}`,
  ];
  const dark = process.env.DARK ? ['--blink-settings=preferredColorScheme=0'] : [];
  const shot = spawnSync('chromium', [...options, ...dark, `--screenshot=${file}`, join(folder, 'page.html')], {
    timeout: 120_000,
  });
  if (shot.status !== 0) throw new Error(`chromium: ${shot.stderr}`);
} finally {
  rmSync(folder, { recursive: true });
}
