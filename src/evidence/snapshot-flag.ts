/**
 * The hidden first argument of the process that takes a snapshot; the second is its task as JSON, or `processes` and
 * the number of the first process to list.
 */
export const snapshotFlag = '--snapshot';
export const listProcesses = 'processes';
