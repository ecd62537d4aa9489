import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workshop.mjs';

/** Name, description and version, as they stand in package.json and then in the executable and the installer. */
export const product = readPackage();

function readPackage() {
  const { name, description, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { name, description, version };
}
