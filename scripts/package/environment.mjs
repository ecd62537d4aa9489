import { rename } from './renamed.mjs';

/**
 * Environment variables that make Node load code or configuration from elsewhere, write files or refuse to start, and
 * that no setting of a single executable turns off. Node finds them by name; under another name nobody sets them.
 */
const hijackers = ['NODE_V8_COVERAGE', 'NODE_COMPILE_CACHE', 'NODE_REPL_EXTERNAL_MODULE', 'OPENSSL_CONF'];

/**
 * Closes the bytes of an executable with Node in it to these variables, in place. Throws where Node does not know one.
 */
export function closeToEnvironment(bytes) {
  for (const name of hijackers) rename(bytes, name);
}
