import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Lab } from './lab';

/** A DHCP server on the router and a client on the endpoint, both of busybox. */
export class Dhcp {
  private readonly events: string;
  private readonly clientPid: string;

  constructor(private readonly lab: Lab) {
    this.events = join(lab.folder, 'dhcp-events');
    this.clientPid = join(lab.folder, 'udhcpc.pid');
  }

  /** Starts both and waits for the first lease. */
  async start(): Promise<void> {
    const { folder } = this.lab;
    const settings = [
      'interface eth0',
      'start 10.1.0.200',
      'end 10.1.0.200',
      'option subnet 255.255.255.0',
      'option lease 3600',
      `lease_file ${folder}/leases`,
      `pidfile ${folder}/udhcpd.pid`,
    ];
    writeFileSync(join(folder, 'udhcpd.conf'), `${settings.join('\n')}\n`);
    writeFileSync(join(folder, 'leases'), '');
    writeFileSync(this.events, '');
    const script = join(folder, 'lease.sh');
    const lease = `[ "$1" != bound ] || ip address add "$ip/24" dev "$interface"\necho "$1" >> '${this.events}'\n`;
    writeFileSync(script, `#!/bin/sh\n${lease}`, { mode: 0o755 });
    this.lab.inside('router', ['sh', '-c', `busybox udhcpd '${folder}/udhcpd.conf' >/dev/null 2>&1`]);
    const client = `busybox udhcpc -i br0 -s '${script}' -p '${this.clientPid}' -b >/dev/null 2>&1`;
    this.lab.inside('endpoint', ['sh', '-c', client]);
    await this.expect('bound');
  }

  /** Asks for the lease again, by unicast from the leased address. Throws when no answer comes. */
  async renew(): Promise<void> {
    process.kill(Number(readFileSync(this.clientPid, 'utf8')), 'SIGUSR1');
    await this.expect('renew');
  }

  private async expect(event: string): Promise<void> {
    for (let tries = 0; tries < 150; tries++) {
      if (readFileSync(this.events, 'utf8').split('\n').includes(event)) return;
      await wait(100);
    }
    throw new Error(`DHCP: no "${event}" within 15 s`);
  }
}
