import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Firewall } from '../../src/firewall/firewall';
import { Nft } from '../../src/firewall/linux/nft';
import { nftables } from '../../src/firewall/linux/nftables';
import { timeouts } from '../../src/host';
import type { OpenCase } from '../../src/state/journal';
import type { NftVersion } from '../linux/nft-versions';
import type { TestHost } from './test-host';

const others = `table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
  }
}
`;
let made = 0;

/**
 * The product's Linux firewall on this machine's kernel, in a network namespace, with one of the versions of nft. Needs
 * root.
 */
export class NftablesHost implements TestHost {
  private readonly namespace = `lab${process.pid}-conform${++made}`;
  private readonly folder = mkdtempSync(join(tmpdir(), 'nftables '));
  private readonly tools = join(this.folder, 'tools');

  constructor(version: NftVersion) {
    execFileSync('ip', ['netns', 'add', this.namespace]);
    mkdirSync(this.tools);
    this.use(version);
    this.script('systemctl', 'exit 0');
    this.nft(others);
  }

  /**
   * The host gets another nft, as by an upgrade of its distribution. `later`: and one more once that was called so many
   * times, which is in the middle of an order.
   */
  use(version: NftVersion, later?: { readonly version: NftVersion; readonly calls: number }): void {
    // What the product tries out in a namespace of its own stays there.
    const inside = readlinkSync('/proc/self/ns/net');
    const calls = join(this.folder, 'calls');
    rmSync(calls, { force: true });
    const change = `echo >> '${calls}'
[ "$(wc -l < '${calls}')" -le ${later?.calls} ] || nft=${later?.version.program}`;
    this.script(
      'nft',
      `nft=${version.program}
${later === undefined ? '' : change}
[ "$(readlink /proc/self/ns/net)" = '${inside}' ] || exec "$nft" "$@"
exec ip netns exec ${this.namespace} "$nft" "$@"`,
    );
  }

  /** How often that nft was called. */
  callsMade(): number {
    return readFileSync(join(this.folder, 'calls'), 'utf8').length;
  }

  /** No network namespace can be made for trying out. */
  forbidNamespaces(): void {
    this.script('unshare', 'exit 1');
  }

  open(openCase: OpenCase | undefined): Firewall {
    const context = {
      host: { platform: 'linux', env: {}, program: '', command: [''], name: 'contain-host', timeouts },
      home: undefined,
      stateFolder: this.folder,
      ...(openCase === undefined ? {} : { openCase }),
    } as const;
    const unshare = [join(this.tools, 'unshare'), '/usr/bin/unshare'].find((file) => existsSync(file));
    return nftables(context, new Nft(context, [this.tools], unshare), join(this.tools, 'systemctl'));
  }

  fingerprint(): string {
    return this.nft('list ruleset');
  }

  /** Whoever flushes everything loads his own rules anew, as firewalld and nftables.service do. */
  liftByHand(): void {
    this.nft(`flush ruleset\n${others}`);
  }

  openToAll(): void {
    this.nft('insert rule inet contain_host output accept');
  }

  remove(): void {
    execFileSync('ip', ['netns', 'delete', this.namespace]);
    rmSync(this.folder, { recursive: true });
  }

  private script(name: string, lines: string): void {
    const program = join(this.tools, name);
    writeFileSync(program, `#!/bin/sh\n${lines}\n`);
    chmodSync(program, 0o755);
  }

  nft(commands: string): string {
    return execFileSync(join(this.tools, 'nft'), [commands], { encoding: 'utf8' });
  }
}
