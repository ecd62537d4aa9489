import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import type { Firewall } from '../../src/firewall/firewall';
import { windowsFirewall } from '../../src/firewall/windows/windows-firewall';
import { timeouts } from '../../src/host';
import type { OpenCase } from '../../src/state/journal';
import type { TestHost } from './test-host';

/** The product's Windows firewall on the stand-in for Windows. */
export class WindowsHost implements TestHost {
  private readonly endpoint = new Endpoint(emptyHost());
  private readonly before = this.endpoint.machine.registry();

  private readonly lockFd: number;

  constructor() {
    mkdirSync(this.endpoint.stateFolder, { recursive: true });
    this.lockFd = openSync(join(this.endpoint.stateFolder, 'lock'), 'w');
  }

  open(openCase: OpenCase | undefined): Firewall {
    const { home, stateFolder } = this.endpoint;
    return windowsFirewall({
      host: {
        platform: 'windows',
        env: this.endpoint.environment(),
        program: '',
        command: [''],
        name: 'contain-host',
        timeouts: { ...timeouts, settle: 1500 },
      },
      home,
      stateFolder,
      lockFd: this.lockFd,
      ...(openCase === undefined ? {} : { openCase }),
    });
  }

  fingerprint(): string {
    return this.endpoint.machine.fingerprint();
  }

  liftByHand(): void {
    this.endpoint.machine.change((tree) => Object.assign(tree, structuredClone(this.before)));
  }

  openToAll(): void {
    this.endpoint.machine.addRule('{everybody}', 'v2.10|Action=Allow|Active=TRUE|Dir=Out|Name=everybody|');
  }

  remove(): void {
    closeSync(this.lockFd);
    this.endpoint.remove();
  }
}
