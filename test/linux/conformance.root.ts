import { NftablesHost } from '../conformance/nftables-host';
import { describeFirewall } from '../conformance/scenarios';
import { nftVersions } from './nft-versions';

for (const version of nftVersions) describeFirewall(`nft of ${version.name}`, () => new NftablesHost(version));
