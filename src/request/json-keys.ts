/** Strings whole, and the punctuation that moves between levels; everything else between them does not matter. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

interface Level {
  /** Undefined for a list: what stands in one has no path that anybody reads. */
  readonly keys: Set<string> | undefined;
  readonly path: string;
  key: string | undefined;
}

/**
 * Finds keys that stand twice in one object of a valid JSON text, as dotted paths from the root. `JSON.parse` keeps the last
 * one silently, other readers keep the first.
 */
export function findRepeatedKeys(json: string): Set<string> {
  const repeated = new Set<string>();
  const levels: Level[] = [];
  for (const [text] of json.matchAll(token)) {
    const level = levels.at(-1);
    if (text === '{' || text === '[') {
      const path = level?.key === undefined ? '' : join(level.path, level.key);
      levels.push({ keys: text === '{' ? new Set() : undefined, path, key: undefined });
    } else if (text === '}' || text === ']') {
      levels.pop();
    } else if (text === ',' && level) {
      level.key = undefined;
    } else if (text.startsWith('"') && level?.keys && level.key === undefined) {
      level.key = JSON.parse(text) as string;
      if (level.keys.has(level.key)) repeated.add(join(level.path, level.key));
      level.keys.add(level.key);
    }
  }
  return repeated;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
