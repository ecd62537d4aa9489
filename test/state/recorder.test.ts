import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Log } from '../../src/outcome/output/log';
import { type Asked, Journal, type JournalEvent } from '../../src/state/journal';
import { CaseRecorder } from '../../src/state/recorder';

const byAlert: Asked = { requestedBy: 'alert', handlers: ['192.0.2.50/32'] };
const byOperator: Asked = { requestedBy: 'operator', handlers: ['192.0.2.50/32'], operatorAddress: '192.0.2.50/32' };

/** The disk does not take a line while `isFull`. */
class JournalOnDisk extends Journal {
  isFull = false;

  override append(event: JournalEvent, orNothing?: boolean): void {
    if (this.isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    super.append(event, orNothing);
  }
}

function recorderOf(journal: Journal, goesOnWhenFull = false, makeRoom = () => false): CaseRecorder {
  const log = new Log(journal.folder);
  return new CaseRecorder({ journal, log, action: 'add', noted: {}, onFirstStep: () => {}, goesOnWhenFull, makeRoom });
}

test('what is asked for counts with the next line that the disk takes, where a step goes on without its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  const journal = new JournalOnDisk(folder);
  journal.append({ event: 'asked', ...byAlert });
  const recorder = recorderOf(journal);
  recorder.askAnew(byOperator);
  journal.isFull = true;
  await expect(recorder.act({ step: 'save', command: null }, async () => {})).rejects.toMatchObject({
    code: 'journal-unwritable',
  });
  expect(journal.read()?.asked).toEqual(byAlert);
  journal.isFull = false;
  recorder.judged({ state: 'contained', gaps: [] });
  expect(journal.read()).toMatchObject({ asked: byOperator, judged: { state: 'contained' } });
});

test('where no backup is needed a full disk stops nothing, and it is known that lines were lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  const journal = new JournalOnDisk(folder);
  const recorder = recorderOf(journal, true);
  recorder.append({ event: 'asked', ...byOperator });
  expect(recorder.isJournalLost).toBe(false);
  journal.isFull = true;
  expect(await recorder.act({ step: 'load', command: null }, async () => 'loaded')).toBe('loaded');
  expect(recorder.isJournalLost).toBe(true);
});

test('a line that finds the disk full is written where room could be made for it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  const journal = new JournalOnDisk(folder);
  journal.isFull = true;
  const makeRoom = (): boolean => {
    journal.isFull = false;
    return true;
  };
  const recorder = recorderOf(journal, false, makeRoom);
  expect(recorder.append({ event: 'asked', ...byOperator })).toBe(true);
  expect(journal.read()).toMatchObject({ asked: byOperator });
  expect(recorder.isJournalLost).toBe(false);
});

test('the time to the block, and the time in which nothing held the host, are those of the steps that made it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  const recorder = recorderOf(new Journal(folder));
  const orderedAt = Date.now() - 5000;
  expect(recorder.timesOf(orderedAt)).toBeUndefined();
  for (const step of ['rules', 'block']) await recorder.act({ step, command: null }, async () => {});
  const times = recorder.timesOf(orderedAt);
  expect(times?.blockMs).toBeGreaterThanOrEqual(5000);
  expect(times?.exposureMs).toBeLessThan(5000);
  // A clock that was set back in between measures nothing.
  expect(recorder.timesOf(Date.now() + 60_000)).toBeUndefined();
});
