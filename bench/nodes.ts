import { join, resolve } from 'node:path';
import { version as nodeVersion, platforms } from '../scripts/package/node.json';

export { nodeVersion };

/** What packaging and the tests for Wine keep. */
export const cache = resolve('node_modules', '.cache', 'contain-host');

/** Our Node for Windows as it is in the executable: Wine does not start one that is not changed so. */
export const nodeForWine = join(cache, 'wine', 'node.exe');

/** The Node that an executable was made from. */
export const nodeOf = (platform: keyof typeof platforms): string =>
  join(cache, `${platforms[platform].package}-${nodeVersion}`, platforms[platform].executable);
