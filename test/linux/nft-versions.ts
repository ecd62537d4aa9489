import { join, resolve } from 'node:path';

const folder = resolve(__dirname, '..', '..', 'node_modules', '.cache', 'contain-host', 'nft');

/**
 * One version of nft: this machine's, or that of a Debian release, unpacked beside this machine's and run by its own
 * loader.
 */
export interface NftVersion {
  readonly name: string;
  readonly program: string;
}

/**
 * nft 0.9.8, 1.0.6, 1.1.3 and what comes next. scripts/ci/fetch-nft-versions.sh brings them; set-up.mjs sees that it
 * did.
 */
export const nftVersions: readonly NftVersion[] = ['bullseye', 'bookworm', 'trixie', 'sid'].map((release) => ({
  name: release,
  program: join(folder, `nft-${release}`),
}));

export const ownNft: NftVersion = { name: "this machine's", program: '/usr/sbin/nft' };
