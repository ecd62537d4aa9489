/**
 * The hidden first argument of the worker; the second is the request, the third when the order was started, both as
 * JSON; the fourth, `pipe`, says that the process which started it tells what it has begun (begin-early.ts).
 */
export const workerFlag = '--worker';
