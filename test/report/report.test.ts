import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import { manifestOf, putStage } from '../evidence/made';
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

test('the page, the text and JSON show what was measured of the block, as the status does, also when the case is closed', async () => {
  await contain('case=77');
  const { times } = JSON.parse((await endpoint.run('status', '--json')).stdout);
  await endpoint.run('DELETE', '-', '-');
  expect(JSON.parse((await report('--json')).stdout).times).toEqual(times);
  const words = `ordered ${times.ordered}, block in force ${times.blockMs} ms later; the old rules were off for ${times.exposureMs} ms before that`;
  expect((await report()).stdout).toContain(words);
  const file = join(endpoint.folder, 'page.html');
  await report('--html', file);
  expect(readFileSync(file, 'utf8')).toContain(`<th>Times</th><td>${words}</td>`);
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

describe('what was collected in the case', () => {
  const text = 'TCP 10.0.0.17:49811';
  const sha256 = createHash('sha256').update(text).digest('hex');
  beforeEach(async () => {
    endpoint.setSettings({ evidence: 'none' });
    await contain('case=77');
    await endpoint.run('DELETE', '-', '-');
    const journal = join(endpoint.stateFolder, endpoint.stateFiles().find((name) => name.startsWith('journal-')) ?? '');
    const [first = ''] = readFileSync(journal, 'utf8').split('\n');
    const noted = { time: JSON.parse(first).time, event: 'noted', facts: { evidence: '77' } };
    writeFileSync(journal, readFileSync(journal, 'utf8').replace(first, `${first}\n${JSON.stringify(noted)}`));
    putStage(endpoint.stateFolder, manifestOf('first', text), text);
    putStage(endpoint.stateFolder, manifestOf('first', 'other', { case: '78' }), 'other');
  });

  test('stands on the page, with the hashes of its files and of its manifest', async () => {
    const file = join(endpoint.folder, 'page.html');
    await report('77', '--html', file);
    const page = readFileSync(file, 'utf8');
    const manifest = readFileSync(join(endpoint.stateFolder, 'evidence/77/20261130T092200123Z/first/manifest.json'));
    expect(page).toContain(createHash('sha256').update(manifest).digest('hex'));
    expect(page).toContain(
      `<td>connections.txt</td><td>complete</td><td class="number">19</td><td class="hash">${sha256}</td>`,
    );
    expect(page.match(/<h3>/g)).toHaveLength(1);
  });

  test('stands in the other forms too, and a link in its place is named', async () => {
    const { evidence } = JSON.parse((await report('77', '--json')).stdout);
    expect(evidence).toMatchObject([{ manifest: { case: '77', items: [{ files: [{ sha256 }] }] } }]);
    expect((await report('77', '--csv')).stdout).toContain(
      `20261130T092200123Z/first/connections.txt: 19 bytes, SHA-256 ${sha256}`,
    );
    const folder = join(endpoint.stateFolder, 'evidence');
    renameSync(join(folder, '77'), join(folder, 'moved'));
    symlinkSync(join(folder, 'moved'), join(folder, '77'));
    expect(JSON.parse((await report('77', '--json')).stdout)).toMatchObject({
      evidence: [],
      evidenceProblems: [expect.stringMatching(/77 is a link/)],
    });
  });
});

test('the drawing is to scale: its moments are in order, and each is as far along as its time', async () => {
  await contain('case=77');
  await contain('case=77');
  await endpoint.run('DELETE', '-', '-');
  const { milestones } = JSON.parse((await report('--json')).stdout) as { milestones: { at: string; kind: string }[] };
  const kinds = milestones.map(({ kind }) => kind);
  expect(kinds).toEqual(['ordered', 'begun', 'rules-off', 'blocked', 'judged', 'order', 'ended']);
  const file = join(endpoint.folder, 'page.html');
  await report('--html', file);
  const [, early = ''] = readFileSync(file, 'utf8').split('<svg');
  const drawn = [...early.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  const times = milestones.slice(0, 5).map(({ at }) => Date.parse(at));
  const [from = 0, to = 0] = [times[0], times.at(-1)];
  for (const [index, x] of drawn.entries())
    expect(x).toBeCloseTo(12 + (((times[index] ?? 0) - from) / (to - from)) * 976, 0);
  expect(drawn).toHaveLength(5);
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
