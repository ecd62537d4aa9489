import { join, resolve } from 'node:path';
import { version as nodeVersion, platforms } from '../scripts/package/node.json';

export { nodeVersion };

/** What packaging and the tests for Wine keep. */
export const cache = resolve('node_modules', '.cache', 'contain-host');

/** The Node that an executable was made from. */
export const nodeOf = (platform: keyof typeof platforms): string =>
  join(cache, `${platforms[platform].package}-${nodeVersion}`, platforms[platform].executable);
