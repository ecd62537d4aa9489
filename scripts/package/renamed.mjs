/**
 * Gives a name in the bytes of an executable another first character, in place and wherever it stands, so that nobody
 * has it any more. Throws where the executable does not know the name.
 */
export function rename(bytes, name) {
  const places = ['latin1', 'utf16le'].flatMap((encoding) => [...find(bytes, Buffer.from(name, encoding))]);
  if (places.length === 0)
    throw new Error(`This Node does not know ${name}: look whether it needs closing in another way.`);
  for (const place of places) bytes[place] = '_'.charCodeAt(0);
}

function* find(bytes, wanted) {
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) yield at;
}
