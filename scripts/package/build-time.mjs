import { spawnSync } from 'node:child_process';
import { root } from './workshop.mjs';

/** The earliest time that a cabinet can hold; for sources that come without their history. */
const earliest = Date.UTC(1980, 0, 1) / 1000;

/**
 * The time that stands in everything which is built, in seconds since 1970: SOURCE_DATE_EPOCH where it is set
 * (https://reproducible-builds.org/specs/source-date-epoch/), else the time of the commit. Two builds of one commit are
 * the same bytes for that.
 */
export const buildTime = Number(process.env.SOURCE_DATE_EPOCH || commitTime() || earliest);

if (!Number.isInteger(buildTime) || buildTime < earliest)
  throw new Error('SOURCE_DATE_EPOCH must be whole seconds since 1970, and 1980 or later.');

function commitTime() {
  const git = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return git.status === 0 ? git.stdout.trim() : undefined;
}
