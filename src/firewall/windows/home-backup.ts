import { join } from 'node:path';

/** Where the batch script keeps its backup, and so do we. `home`: the agent's folder. */
export function homeBackup(home: string): string {
  return join(home, 'fw-backup.wfw');
}
