import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeBegunPolicy } from '../../../src/firewall/windows/export';
import { type BegunCall, type Host, timeouts } from '../../../src/host';
import { Journal, journalMark } from '../../../src/state/journal';
import { exportBegunCall, exportPolicyCall, firstLookCall } from '../../../src/windows/tool-calls';

let stateFolder: string;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'begun-'));
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

/** What the process that the agent started has made, each file in a folder of its own. */
function made(name: string, content: string): string {
  const folder = join(stateFolder, `reading-begun-${name}`);
  mkdirSync(folder);
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** `endedAt`: when both had ended. */
function told(mark: string | undefined, endedAt = Date.now()): Map<string, BegunCall> {
  const begun = { exitCode: 0, output: mark ?? '', endedAt };
  return new Map<string, BegunCall>([
    [exportBegunCall, { ...begun, file: made('policy.wfw', 'the policy') }],
    [exportPolicyCall, begun],
    [firstLookCall, { ...begun, file: made('key.reg', 'the store') }],
  ]);
}

function take(calls: Map<string, BegunCall>, over?: AbortSignal): ReturnType<typeof takeBegunPolicy> {
  const begun = { take: async (call: string) => calls.get(call) };
  const host: Host = { platform: 'windows', env: {}, program: '', command: [''], name: '', timeouts, begun };
  return takeBegunPolicy({ host, home: stateFolder, stateFolder, ...(over === undefined ? {} : { over }) });
}

test('what was begun is taken, and stays when whoever began it leaves', async () => {
  const calls = told(journalMark(stateFolder));
  const taken = await take(calls);
  expect(await taken?.policyExport.run()).toMatchObject({ exitCode: 0 });
  const localFile = await taken?.localFile;
  for (const name of ['policy.wfw', 'key.reg'])
    expect(existsSync(join(stateFolder, `reading-begun-${name}`))).toBe(false);
  expect(readFileSync(localFile ?? '', 'utf8')).toBe('the store');
  expect(taken?.policyExport.isFresh()).toBe(true);
  taken?.policyExport.putAt(join(stateFolder, 'backup.wfw'));
  expect(readFileSync(join(stateFolder, 'backup.wfw'), 'utf8')).toBe('the policy');
});

test('where an order had its turn since, the policy may have been another one: nothing is taken', async () => {
  const calls = told(journalMark(stateFolder));
  const journal = new Journal(stateFolder);
  journal.append({ event: 'step', step: 'import', command: null });
  expect(await take(calls)).toBeUndefined();
  journal.close('released');
  expect(await take(calls)).toBeUndefined();
});

test('while a case is open there is no mark', () => {
  new Journal(stateFolder).append({ event: 'step', step: 'import', command: null });
  expect(journalMark(stateFolder)).toBeUndefined();
});

test.each([
  ['old', -timeouts.exportAge - 1],
  ['from a clock that was set back since', 60_000],
])('what is %s counts for nothing', async (_, ms) => {
  const taken = await take(told(journalMark(stateFolder), Date.now() + ms));
  await taken?.policyExport.run();
  expect(taken?.policyExport.isFresh()).toBe(false);
  expect(await taken?.localFile).toBeUndefined();
});

test('whoever began it died: nobody knows how old the export is, and the store is read anew', async () => {
  const calls = told(journalMark(stateFolder));
  calls.delete(exportPolicyCall);
  calls.delete(firstLookCall);
  const taken = await take(calls);
  expect(await taken?.policyExport.run()).toMatchObject({ exitCode: null, timedOut: true });
  expect(taken?.policyExport.isFresh()).toBe(false);
  expect(() => taken?.policyExport.putAt(join(stateFolder, 'backup.wfw'))).toThrow();
  expect(await taken?.localFile).toBeUndefined();
});

test('once the order is over nothing is taken: whoever began it removes it', async () => {
  const taken = await take(told(journalMark(stateFolder)), AbortSignal.abort());
  await taken?.policyExport.run();
  expect(await taken?.localFile).toBeUndefined();
  for (const name of ['policy.wfw', 'key.reg'])
    expect(existsSync(join(stateFolder, `reading-begun-${name}`))).toBe(true);
});
