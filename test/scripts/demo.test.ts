import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [resolve(__dirname, '../../dist/demo.js'), ...args], { encoding: 'utf8', cwd: '/' });

test('the verdict and the table come first, in 80 columns, and the commands only when they are asked for', () => {
  const { status, stdout, stderr } = run();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^A Windows PC, 300 firewall rules:\n {2}contained, and given back as it was\.\nThe same PC,/);
  expect(stdout.indexOf('internet, IPv4')).toBeLessThan(stdout.indexOf('> contain-host.exe ADD'));
  expect(stdout).not.toContain('advfirewall');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(run('--verbose').stdout).toContain('netsh advfirewall');
});

test.each([
  [['--config', '/nope/ossec.conf'], /^\/nope\/ossec\.conf cannot be read\. /],
  [['--what'], /^The arguments were not understood\.\nUsage: npm start/],
])('%j is answered with a sentence', (args, sentence) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/\n {4}at |Error:/);
});

test('help is help', () => {
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: npm start/), stderr: '' });
});
