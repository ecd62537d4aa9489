/** Whole strings, and the punctuation that opens, closes and separates; nothing else matters here. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

interface Level {
  /** Undefined for a list. */
  readonly keys: Set<string> | undefined;
  /** Undefined for the root. */
  readonly path: string | undefined;
  key: string | undefined;
}

/**
 * Finds keys that stand twice in one object of a valid JSON text, as dotted paths from the root; what stands in a list
 * has `[]` in its path. `JSON.parse` keeps the last one silently, other readers keep the first.
 */
export function findRepeatedKeys(json: string): Set<string> {
  const repeated = new Set<string>();
  const levels: Level[] = [];
  for (const [text] of json.matchAll(token)) {
    const level = levels.at(-1);
    if (text === '{' || text === '[') {
      const path = level && join(level.path, level.keys ? (level.key ?? '') : '[]');
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

function join(path: string | undefined, key: string): string {
  return path === undefined ? key : `${path}.${key}`;
}
