/** The hidden first argument of the worker; the second is the request as JSON. */
export const workerFlag = '--worker';
