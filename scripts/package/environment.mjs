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

function rename(bytes, name) {
  const places = ['latin1', 'utf16le'].flatMap((encoding) => [...find(bytes, Buffer.from(name, encoding))]);
  if (places.length === 0)
    throw new Error(`This Node does not know ${name}: look whether it needs closing in another way.`);
  for (const place of places) bytes[place] = '_'.charCodeAt(0);
}

function* find(bytes, wanted) {
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) yield at;
}
