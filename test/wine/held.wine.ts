import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { typicalHost } from '../../fixtures/standin/hosts';
import { helper, Windows } from './windows';

const program = '"active-response/bin/contain-host.exe"';
const message = JSON.stringify({
  version: 1,
  origin: { name: '', module: 'wazuh-execd' },
  command: 'add',
  parameters: {
    extra_args: [],
    alert: { data: { srcip: '192.0.2.50' } },
    program: 'active-response/bin/contain-host.exe',
  },
});

const open: Windows[] = [];
afterAll(() => {
  for (const windows of open) windows.close();
});

/**
 * The agents' own ways to start a program, and none of their threads may wait for netsh. They wait at the same time: a
 * minute each.
 */
test.concurrent.each<[agent: string, hanging: string, words: readonly string[]]>([
  ['an OSSEC agent', 'export', ['ossec', `${program} add "-" "192.0.2.50" "(from_the_server) (no_rule_id)"`]],
  ['a Wazuh agent', 'policy', ['wazuh', program, message]],
])(
  '%s has its thread back while netsh hangs at %s; the worker holds nothing of it, outlives it, and its outcome is in the logs',
  async (_agent, hanging, words) => {
    const windows = new Windows().setUpHost(typicalHost());
    open.push(windows);
    windows.setFaults({ kind: 'hang', match: hanging, nth: 1 });
    windows.place(helper('starter.exe'), windows.path('starter.exe'));

    // It returns when nobody has the program's output any more, and fails where somebody has its input.
    expect(await windows.start(['C:\\starter.exe', ...words])).toEqual({ exitCode: 8, output: '' });
    expect(windows.calls().at(-1)).toMatchObject({ faults: ['hang'] });
    expect(windows.workers()).toHaveLength(1);
    expect(windows.audit()).toContainEqual(expect.stringMatching(/exit=8 still-at-work/));

    while (windows.workers().length > 0) await wait(200);
    expect(windows.audit().at(-1)).toMatch(/ add - 192\.0\.2\.50 |"status":"add"/);
    expect(windows.traffic().isContained).toBe(true);
    const hung = windows.calls().filter(({ faults }) => faults.length > 0);
    expect(hung).toEqual([expect.not.objectContaining({ endedAt: expect.anything() })]);
    const log = join(windows.state, 'contain-host.log');
    expect(existsSync(log) && readFileSync(log, 'utf8')).toMatch(/"timedOut":true/);
  },
  180_000,
);
