import { createReadStream, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { errorCode, errorText } from '../process/error-code';
import type { Report } from './alert';
import { AlertSplitter, type Form } from './alert-splitter';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const chunkSize = 128 * 1024;

/**
 * Every report of the days from `since` to `until`, many at a time, oldest day first. Servers keep one file a day and
 * form, compressed once it is over: `alerts/2026/Nov/ossec-alerts-30.log.gz` (monitord). Wazuh begins a further one,
 * `ossec-alerts-30-001.json`, where the day's has grown too large. A file that is cut counts as far as it could be
 * read, and `onTrouble` is told.
 */
export async function* readReports(
  home: string,
  since: Date,
  until: Date,
  onTrouble: (message: string) => void,
): AsyncGenerator<Report[]> {
  // Days are those of the server's own time zone, which may be a day ahead of or behind the clock of an agent.
  for (let back = 1; ; back--) {
    const date = new Date(since.getFullYear(), since.getMonth(), since.getDate() - back);
    if (date.getTime() > until.getTime() + 24 * 3600 * 1000) return;
    for (const file of filesOf(home, date, onTrouble)) {
      try {
        yield* reportsIn(file);
      } catch (error) {
        onTrouble(`${file.path}${file.ending} cannot be read to its end: ${whyNot(error)}`);
      }
    }
  }
}

/** What is no whole compressed file has a code of zlib. */
function whyNot(error: unknown): string {
  return errorCode(error).startsWith('Z_') ? 'it is cut, or damaged' : errorText(error);
}

/** One file of a day: `path`, and `.gz` behind it where it is compressed. */
interface AlertFile {
  readonly path: string;
  readonly ending: '' | '.gz';
  readonly form: Form;
}

/** JSON says more of the agent, so where there is some it is read alone. */
function filesOf(home: string, date: Date, onTrouble: (message: string) => void): AlertFile[] {
  const folder = join(home, 'logs', 'alerts', String(date.getFullYear()), months[date.getMonth()] ?? '');
  const day = `ossec-alerts-${String(date.getDate()).padStart(2, '0')}`;
  const names = namesIn(folder, onTrouble).filter((name) => name.startsWith(day));
  const found = (form: Form): AlertFile[] => {
    const name = new RegExp(`^(${day}(?:-\\d{3})?\\.${form})(\\.gz)?$`);
    return names.flatMap((one) => {
      const [, plain, ending] = name.exec(one) ?? [];
      // While a file is compressed both are there, and the compressed one is not whole.
      if (plain === undefined || (ending !== undefined && names.includes(plain))) return [];
      return [{ path: join(folder, plain), ending: ending === undefined ? '' : '.gz', form }];
    });
  };
  const json = found('json');
  return json.length > 0 ? json : found('log');
}

function namesIn(folder: string, onTrouble: (message: string) => void): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') onTrouble(`${folder} cannot be read: ${errorText(error)}`);
    return [];
  }
}

async function* reportsIn({ path, ending, form }: AlertFile): AsyncGenerator<Report[]> {
  const splitter = new AlertSplitter(form);
  try {
    for await (const chunk of ending === '' ? plainBytes(path) : unpackedBytes(path)) yield splitter.add(chunk);
  } catch (error) {
    // The server has compressed it meanwhile.
    if (ending === '' && errorCode(error) === 'ENOENT') {
      yield* reportsIn({ path, ending: '.gz', form });
      return;
    }
    yield splitter.end();
    throw error;
  }
  yield splitter.end();
}

/** Always the same buffer: the bytes are gone with the next turn. */
async function* plainBytes(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  const buffer = Buffer.alloc(chunkSize);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkSize);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* unpackedBytes(path: string): AsyncGenerator<Buffer> {
  const unpack = createGunzip({ chunkSize });
  // An error of either stream ends the loop below.
  pipeline(createReadStream(`${path}.gz`, { highWaterMark: chunkSize }), unpack, () => {});
  for await (const chunk of unpack) yield chunk as Buffer;
}
