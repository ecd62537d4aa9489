/** The code of a system error, such as ENOENT; empty for everything else. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** What the codes of system errors mean (errno(3), getaddrinfo(3)). */
const meanings: Readonly<Record<string, string>> = {
  EACCES: 'rights are missing',
  EPERM: 'rights are missing',
  ENOENT: 'it is not there',
  EEXIST: 'it is there already',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a link',
  ENXIO: 'it is no plain file',
  EINVAL: 'it is no plain file',
  ENOEXEC: 'it is no program for this system',
  EBUSY: 'another program uses it',
  ETXTBSY: 'another program uses it',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EIO: 'the disk reports an error',
  EFBIG: 'it is too large',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOMEM: 'there is not enough memory',
  EAGAIN: 'there is not enough memory for another process',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the other end broke off',
  EPIPE: 'the other end broke off',
  ETIMEDOUT: 'there was no answer in time',
  EHOSTUNREACH: 'no network leads there',
  ENETUNREACH: 'no network leads there',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve',
  UNKNOWN: 'Windows does not say why',
};

/**
 * Why something failed, for people: our own words, or the meaning of the system's code. Texts of Node and of the system
 * are for programmers, and some of them are in the system's language.
 */
export function errorText(error: unknown): string {
  const code = errorCode(error);
  // Failures of ours have codes, too.
  if (/^[A-Z]/.test(code)) return meanings[code] ?? `the system reports ${code}`;
  const isOurs = error instanceof Error && !['TypeError', 'RangeError', 'SyntaxError'].includes(error.name);
  return isOurs ? error.message : 'an unexpected error';
}

/** True where the disk, or this user's quota, is full (write(2)). */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(error));
}
