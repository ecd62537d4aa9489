import { Failure, lacksRights } from '../outcome/failure';
import { errorCode } from '../process/error-code';

/**
 * For a file or folder of ours that cannot be used, before anything was changed: we lack rights, or the disk is to
 * blame.
 */
export function unusable(path: string, error: unknown): Failure {
  return ['EACCES', 'EPERM'].includes(errorCode(error))
    ? lacksRights(`${path} cannot be opened`, error)
    : new Failure('journal-unwritable', `${path} cannot be used, so nothing was changed. Look at that disk.`, error);
}

/**
 * True where a disk takes nothing: it is full, for this user too, or can only be read, or fails (write(2)). ENOENT:
 * Node says so when it cannot make a folder on a disk that can only be read, and so does the system for a file in it.
 */
export function takesNothing(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENOENT'].includes(errorCode(error));
}
