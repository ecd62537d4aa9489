import { version as packageVersion } from '../../package.json';

/** The version of the package, as the build found it. */
export const version: string = packageVersion;
