import { NftablesHost } from '../conformance/nftables-host';
import { address, policyFor } from '../conformance/policies';
import { CaseInHand } from '../conformance/test-host';
import { type NftVersion, nftVersions } from './nft-versions';

const pairs = nftVersions.flatMap((before) =>
  nftVersions.map((after) => [before.name, after.name, before, after] as const),
);
const contained = { state: 'contained', gaps: [] };
/** Every kind of rule: both families, both protocols, networks, name servers where this machine knows some. */
const everything = {
  ...policyFor('192.0.2.50', '2001:db8:50::50'),
  servers: [
    { address: address('10.0.0.5'), port: 1514, protocols: ['udp', 'tcp'] },
    { address: address('2001:db8::5'), port: 1514, protocols: ['udp', 'tcp'] },
  ],
  needsDns: true,
} as const;

let host: NftablesHost;
afterEach(() => host.remove());

test.each(pairs)(
  'contained by the nft of %s, the host stays so when it is replaced by that of %s',
  async (_b, _a, before, after) => {
    host = new NftablesHost(before);
    const inHand = new CaseInHand();
    expect(await host.open(undefined).contain(everything, 'operator', inHand)).toEqual(contained);
    inHand.steps.length = 0;
    host.use(after);
    expect(await host.open(inHand.openCase).judge(everything)).toEqual(contained);
    // An alert's order changes nothing where all is in force.
    expect(await host.open(inHand.openCase).contain(everything, 'alert', inHand)).toEqual(contained);
    expect(inHand.steps).toEqual([]);
    const other = { ...everything, handlers: [address('192.0.2.51')] };
    expect(await host.open(inHand.openCase).contain(other, 'operator', inHand)).toEqual(contained);
    expect(await host.open(inHand.openCase).release(inHand)).toMatchObject({ was: 'contained' });
  },
);

const [oldest, newest] = [nftVersions.at(0) as NftVersion, nftVersions.at(-1) as NftVersion];

test.each([
  ['a newer', oldest, newest],
  ['an older', newest, oldest],
])(
  'replaced by %s one between any two calls of an order: the host is contained, and comes back as it was',
  async (_, before, after) => {
    host = new NftablesHost(before);
    const original = host.fingerprint();
    let calls = 0;
    for (let isReplaced = true; isReplaced; calls++) {
      const inHand = new CaseInHand();
      host.use(before, { version: after, calls });
      const judged = await host.open(undefined).contain(everything, 'operator', inHand);
      isReplaced = host.callsMade() > calls;
      expect([calls, judged.state]).toEqual([calls, 'contained']);
      expect([calls, await host.open(inHand.openCase).judge(everything)]).toEqual([calls, contained]);
      expect([calls, await host.open(inHand.openCase).release(inHand)]).toMatchObject([calls, { was: 'contained' }]);
      expect(host.fingerprint()).toBe(original);
    }
    expect(calls).toBeGreaterThan(2);
  },
);

test.each(nftVersions.map((version) => [version.name, version] as const))(
  'where nothing can be tried out, the nft of %s is never taken for evidence that the host is open',
  async (_name, version) => {
    host = new NftablesHost(version);
    host.forbidNamespaces();
    const inHand = new CaseInHand();
    expect(['contained', 'degraded']).toContain(
      (await host.open(undefined).contain(everything, 'operator', inHand)).state,
    );
    expect(['contained', 'degraded', 'uncertain']).toContain(
      (await host.open(inHand.openCase).judge(everything)).state,
    );
    host.nft('insert rule inet contain_host output accept');
    expect(await host.open(inHand.openCase).judge(everything)).toMatchObject({ state: 'ineffective' });
    expect(['contained', 'degraded']).toContain(
      (await host.open(inHand.openCase).contain(everything, 'operator', inHand)).state,
    );
    expect(await host.open(inHand.openCase).release(inHand)).toMatchObject({ was: 'contained' });
  },
);

test.each(nftVersions.map((version) => [version.name, version] as const))(
  'rules that somebody edited by hand: the nft of %s shows it, and the next order puts it right',
  async (_name, version) => {
    host = new NftablesHost(version);
    const inHand = new CaseInHand();
    await host.open(undefined).contain(everything, 'operator', inHand);
    const before = lines(host.fingerprint());
    for (const [state, change] of [
      ['degraded', 'insert rule inet contain_host input ip saddr 203.0.113.66 tcp flags syn accept'],
      ['ineffective', 'insert rule inet contain_host output ct state established,related accept'],
      ['ineffective', 'chain inet contain_host output { policy accept ; }'],
      ['degraded', 'flush chain inet contain_host output'],
      ['not-contained', 'delete table inet contain_host'],
    ] as const) {
      host.nft(change);
      expect([change, (await host.open(inHand.openCase).judge(everything)).state]).toEqual([change, state]);
      expect(await host.open(inHand.openCase).contain(everything, 'operator', inHand)).toEqual(contained);
      expect(lines(host.fingerprint())).toEqual(before);
    }
  },
);

/** A chain of our name that the kernel does not change in place into ours. */
const otherPriority = `table inet contain_host {
  chain input {
    type filter hook input priority filter; policy accept;
  }
}
`;

test.each(nftVersions.map((version) => [version.name, version] as const))(
  'a table of our name with another priority, before a case and in one: the nft of %s replaces it',
  async (_name, version) => {
    host = new NftablesHost(version);
    const inHand = new CaseInHand();
    host.nft(otherPriority);
    for (const openCase of [undefined, inHand.openCase]) {
      const firewall = host.open(openCase);
      expect(await firewall.judgePlan(everything)).toEqual(contained);
      expect(await firewall.preflight(everything, 'refuse')).toMatchObject({ warnings: [] });
      expect(await firewall.contain(everything, 'operator', inHand)).toEqual(contained);
      expect(await host.open(inHand.openCase).judge(everything)).toEqual(contained);
      host.nft(`delete table inet contain_host; ${otherPriority}`);
    }
  },
);

/** A table that was made anew is listed after others. */
function lines(text: string): string[] {
  return text.split('\n').sort();
}
