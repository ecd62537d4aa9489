/**
 * The hidden first argument of the worker; the second is the request, the third when the order was started, both as
 * JSON.
 */
export const workerFlag = '--worker';
