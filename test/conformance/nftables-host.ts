import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Firewall } from '../../src/firewall/firewall';
import { Nft } from '../../src/firewall/linux/nft';
import { nftables } from '../../src/firewall/linux/nftables';
import { timeouts } from '../../src/host';
import type { OpenCase } from '../../src/state/journal';
import type { TestHost } from './test-host';

const others = `table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
  }
}
`;
let made = 0;

/** The product's Linux firewall on this machine's kernel, in a network namespace. Needs root. */
export class NftablesHost implements TestHost {
  private readonly namespace = `lab${process.pid}-conform${++made}`;
  private readonly folder = mkdtempSync(join(tmpdir(), 'nftables '));
  private readonly tools = join(this.folder, 'tools');

  constructor() {
    execFileSync('ip', ['netns', 'add', this.namespace]);
    mkdirSync(this.tools);
    const program = join(this.tools, 'nft');
    writeFileSync(program, `#!/bin/sh\nexec ip netns exec ${this.namespace} /usr/sbin/nft "$@"\n`);
    chmodSync(program, 0o755);
    this.nft(others);
  }

  open(openCase: OpenCase | undefined): Firewall {
    const context = {
      host: { platform: 'linux', env: {}, program: '', command: [''], name: 'contain-host', timeouts },
      home: undefined,
      stateFolder: this.folder,
      ...(openCase === undefined ? {} : { openCase }),
    } as const;
    return nftables(context, new Nft(context, [this.tools]));
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

  private nft(commands: string): string {
    return execFileSync(join(this.tools, 'nft'), [commands], { encoding: 'utf8' });
  }
}
