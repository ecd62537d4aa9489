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
    if (this.isFull) throw new Error('no space left on device');
    super.append(event, orNothing);
  }
}

test('what is asked for counts with the next line that the disk takes, where a step goes on without its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  const journal = new JournalOnDisk(folder);
  journal.append({ event: 'asked', ...byAlert });
  const recorder = new CaseRecorder(journal, new Log(folder), 'add', {}, () => {});
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
