import type { FileFault } from '../../fixtures/interpose/plan';
import type { OrderName, Promised } from './tool-table';

export const codes: readonly FileFault[] = ['EACCES', 'ENOSPC', 'EIO', 'EROFS'];

/**
 * The columns: ADD and second ADD, then DELETE. `locked`: `unable` where rights are missing, else `no-backup` or
 * `held`. `unless full`: `no-backup`, but where the disk was full once it is tried again, or elsewhere.
 */
type Cell = Promised | 'locked' | 'unless full' | '-';

/** Whether the operation stands before or after the first change of the firewall, where that matters. */
type When = 'before' | 'after' | 'ever';

/** The first row that fits an operation counts; one that no row fits is promised nothing, and the test fails. */
const table: readonly (readonly [operations: RegExp, when: When, add: Cell, remove: Cell, why: string])[] = [
  [/^existsSync .*TIME/, 'ever', 'contained', 'released', 'a name that is taken is not written over'],
  [/^\w+ stdout /, 'ever', 'contained', 'released', 'the one who asked may have gone'],
  [/^\w+ .*\.log /, 'ever', 'contained', 'released', 'a log never stops anything'],
  [
    /^\w+ (home|Program Files \(x86\)|[^ ]*\/bench-\w+|) ?#\d/,
    'ever',
    'contained',
    'released',
    'the folder is found another way',
  ],
  [/^\w+ state\/pinned-names /, 'ever', 'contained', 'released', 'the hosts file alone is enough'],
  [/^lstatSync home\/ossec.conf /, 'ever', 'contained', 'released', 'the same folder is found another way'],
  [/^existsSync home\/ossec.conf /, 'ever', 'contained', 'released', 'the same folder is found another way'],
  [
    /^(stat|lstat|realpath)Sync (\.|home|home\/ossec.conf|Program Files \(x86\)) /,
    'ever',
    'contained',
    'released',
    'whose folder it is shows the next one',
  ],
  [
    /^((open|read|close)Sync home\/ossec.conf #1|fstatSync home\/ossec.conf #[123])$/,
    'ever',
    'contained',
    '-',
    'the first look only tells what can begin early',
  ],
  [/^\w+ home\/ossec.conf /, 'ever', 'refused', '-', 'without its server a host is not contained'],
  [/^\w+ home\/.*\.json /, 'ever', 'contained', '-', 'settings and versions never stop a containment'],
  [
    /^\w+ home\/(etc\/ossec-init.conf|VERSION|.*agentd?)/,
    'ever',
    'contained',
    '-',
    'then both protocols are let through',
  ],
  [/^\w+ state\/evidence[ /]/, 'ever', 'contained', '-', 'a snapshot never stops anything'],
  [/^closeSync state /, 'ever', 'contained', 'released', 'it ends with the process'],
  [
    /^readdirSync (state|home|Program Files) /,
    'ever',
    'contained',
    'released',
    'what is left there is only in the way',
  ],
  [/^\w+ state\/(waiting-\*|last-operator|orders.json) /, 'ever', 'contained', 'released', 'the lock alone is enough'],
  [/^existsSync state /, 'ever', 'contained', 'released', 'a reading has another closed place, and no file is needed'],
  [/^statfsSync state /, 'ever', 'contained', 'released', 'then the disk counts as one with room'],
  [/^openSync home\/client.keys /, 'ever', 'contained', '-', 'then it is not known whether the agent has heard since'],
  [/^\w+ state /, 'ever', 'locked', 'locked', 'without the lock nothing is changed'],
  [
    /^\w+ (Windows\/.*\/hosts|state\/(hosts-before|pinned-names|pins-left.json)) /,
    'ever',
    'contained',
    'released',
    'no name is pinned',
  ],
  [/^existsSync Windows/, 'ever', 'unable', 'unable', 'a tool that is not seen is missing'],
  [/^copyFileSync state\/reading-.*key.reg /, 'ever', 'unless full', '-', 'without the record nothing is changed'],
  [/^\w+ state\/reading-/, 'ever', 'contained', 'released', 'what is read is read twice'],
  [/^\w+ state\/journal.jsonl /, 'before', 'no-backup', 'released', 'what is not on disk is not begun'],
  [/^\w+ state\/journal.jsonl /, 'after', 'contained', 'released', 'to stop half-way would be worse'],
  [/^statSync state\/fw-backup-/, 'ever', 'contained', 'released', 'it only tells how large the reserve must be'],
  [/^copyFileSync state\/fw-backup-/, 'ever', 'unless full', '-', 'without the backup nothing is changed'],
  [/^\w+ state\/fw-backup-/, 'ever', 'contained', '-', 'the export is tried twice'],
  [/^existsSync home\/fw-backup.wfw /, 'ever', 'contained', 'released', 'the copy never overwrites'],
  [/^lstatSync home\/fw-backup.wfw /, 'ever', 'contained', 'released', 'what may be there is left there'],
  [
    /^(chmod|open|fsync|close)Sync home\/fw-backup.wfw #1$/,
    'ever',
    'unless full',
    'released',
    'a release takes the second copy',
  ],
  [/^\w+ home\/fw-backup.wfw /, 'ever', 'no-backup', 'released', 'a copy that cannot be read is none'],
  [/^\w+ state\/before-/, 'ever', 'unless full', 'released', 'a release takes the backup itself for the record'],
  [/^\w+ state\/(rules|seal|old-seal).netsh /, 'ever', 'contained', '-', 'without a script, one process a rule'],
  [/^\w+ state\/import-/, 'ever', '-', 'released', 'an import is tried twice'],
];

/** What is promised when that operation fails, or nothing. */
export function promiseFor(order: OrderName, call: string, isChanged: boolean, code: FileFault): Promised | undefined {
  const row = table.find(
    ([operations, when]) => operations.test(call) && (when === 'ever' || (when === 'after') === isChanged),
  );
  const cell = order === 'DELETE' ? row?.[3] : row?.[2];
  if (cell === 'locked' && code === 'EACCES') return 'unable';
  if (cell === 'unless full') return code === 'ENOSPC' ? 'contained' : 'no-backup';
  if (cell === 'locked') return order === 'DELETE' ? 'held' : 'no-backup';
  return cell === '-' ? undefined : cell;
}

/**
 * Exit 5, nobody can vouch for what is in force. `uncertain`: it is the policy from before. `unread`: the host is
 * contained, as it was when the order came.
 */
export type FullDiskPromised = Promised | 'uncertain' | 'unread';

/**
 * One more column: the disk is full from the operation on. What is promised hangs on what was done by then: nothing of
 * the firewall, some of it, or all of it and the last look at it. Without space nothing can be read, and what cannot be
 * read is not said to be so.
 */
const fullDisk: Record<OrderName, Record<'nothing' | 'some' | 'all', FullDiskPromised>> = {
  ADD: { nothing: 'no-backup', some: 'uncertain', all: 'contained' },
  'second ADD': { nothing: 'no-backup', some: 'unread', all: 'contained' },
  DELETE: { nothing: 'unclaimed', some: 'unclaimed', all: 'released' },
};

/** What is promised when the disk is full from the call of this index on. */
export function promiseForFullDisk(order: OrderName, calls: readonly string[], index: number): FullDiskPromised {
  const promised = fullDisk[order];
  // Behind the line of the journal that announces the first change nothing is in its way.
  const announced = calls
    .slice(0, calls.findIndex(isChange))
    .findLastIndex((call) => /^fsyncSync .*journal/.test(call));
  if (index <= announced) return promised.nothing;
  return index < calls.findLastIndex((call) => /^start reg .*FirewallPolicy /.test(call))
    ? promised.some
    : promised.all;
}

/** Whether a call is the start of a netsh that changes the firewall. */
export function isChange(call: string): boolean {
  return /^start netsh (-f|.*import)/.test(call);
}
