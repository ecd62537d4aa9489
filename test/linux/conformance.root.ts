import { NftablesHost } from '../conformance/nftables-host';
import { describeFirewall } from '../conformance/scenarios';

describeFirewall('nftables', () => new NftablesHost());
