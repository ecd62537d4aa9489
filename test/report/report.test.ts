import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(emptyHost(), udpServer);
});
afterEach(() => endpoint.remove());

const report = (...args: string[]) => endpoint.run('report', ...args);
const contain = (...words: string[]) => endpoint.run('ADD', '-', '192.0.2.50', ...words);

test('from the order to the release: who asked, each step, the judgement, and what was said', async () => {
  await contain('case=77 =cmd|evil <b>note</b> (from_the_server) (no_rule_id)');
  await endpoint.run('DELETE', '-', '-');
  const { exitCode, stdout } = await report();
  expect(exitCode).toBe(0);
  const kinds = stdout.split('\n').flatMap((line) => / (ordered|judged|closed|outcome) /.exec(line)?.[1] ?? []);
  expect(kinds[0]).toBe('ordered');
  expect(kinds).toEqual(expect.arrayContaining(['judged', 'closed', 'outcome']));
  expect(stdout).toMatch(/^Case 77, closed: ordered by an operator, lets in 192\.0\.2\.50\/32/);
  for (const words of [
    'step     backup',
    'judged   contained',
    'closed   released',
    'exit code 0: Contained.',
    'exit code 0: Released',
  ])
    expect(stdout).toContain(words);
});

test('a page without anything from outside, in which a note is text', async () => {
  await contain('case=77 <b>note</b> (from_the_server) (no_rule_id)');
  const file = join(endpoint.folder, 'page.html');
  expect(await report('77', '--html', file)).toMatchObject({ exitCode: 0, stdout: '' });
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('&#60;b&#62;note&#60;/b&#62;');
  expect(page).not.toMatch(/<script|<link|src=|href=|url\(|<b>/);
});

test('a timeline for Timesketch: microseconds, ISO 8601, and no formula', async () => {
  await contain('case=77 =1+1 (from_the_server) (no_rule_id)');
  const { stdout } = await report('--csv');
  const [header, first = ''] = stdout.split('\r\n');
  expect(header).toBe('message,timestamp,datetime,timestamp_desc,case_number,source');
  const [, micro, iso = ''] = /,(\d+),([^,]+),ordered,77,contain-host$/.exec(first) ?? [];
  expect(Number(micro)).toBe(new Date(iso).getTime() * 1000);
});

test('for programs: the newest case, or the one that is asked for', async () => {
  await contain('case=1');
  await endpoint.run('DELETE', '-', '-');
  await contain('case=2');
  expect(JSON.parse((await report('--json')).stdout)).toMatchObject({ version: 1, caseNumber: '2', isOpen: true });
  expect(JSON.parse((await report('1', '--json')).stdout)).toMatchObject({ caseNumber: '1', isOpen: false });
});

test.each<[string, string[], RegExp]>([
  ['nothing was ever contained', [], /Nothing was ever contained here/],
  ['an unknown option', ['--pdf'], /report has no option "--pdf"/],
])('%s: one sentence, exit code 1', async (_what, args, reason) => {
  const { exitCode, stderr } = await report(...args);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(reason);
});

test('a case that is not on record, and a file that cannot be written', async () => {
  await contain('case=77');
  expect(await report('78')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('There are: 77.') });
  const file = join(endpoint.folder, 'none', 'page.html');
  expect(await report('--html', file)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('cannot be written'),
  });
  expect(existsSync(file)).toBe(false);
});
