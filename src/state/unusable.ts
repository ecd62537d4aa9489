import { Failure } from '../outcome/failure';
import { errorCode } from '../process/error-code';

/** A file or folder of ours that cannot be used, before anything was changed: rights are missing, or the disk is to blame. */
export function unusable(path: string, error: unknown): Failure {
  return ['EACCES', 'EPERM'].includes(errorCode(error))
    ? new Failure('not-elevated', `${path} cannot be opened, so nothing was changed. Run this elevated.`, error)
    : new Failure('journal-unwritable', `${path} cannot be used, so nothing was changed. Look at that disk.`, error);
}
