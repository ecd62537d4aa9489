import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { installIcacls, installServiceManager } from '../../fixtures/host-tools';
import { typicalHost } from '../../fixtures/standin/hosts';
import type { Check, Patient } from '../../src/doctor/check';
import { examine } from '../../src/doctor/doctor';
import { type Host, timeouts } from '../../src/host';
import { Reserve } from '../../src/state/reserve';

/** More than the policy of `typicalHost` takes, so that an order has nothing to make. */
const policyBytes = 512 * 1024;
const smallestReserve = 64 * 1024;

/** As Windows protects Program Files: users may read. */
export const readOnly = 'D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)';

export const conf = {
  client: '<client><server-ip>10.0.0.5</server-ip></client>',
  on: '<active-response><disabled>no</disabled></active-response>',
  off: '<active-response><disabled>yes</disabled></active-response>',
  log: '<localfile><location>active-response\\active-responses.log</location></localfile>',
};

export const ossecConf = (...parts: readonly string[]): string =>
  `<ossec_config>\r\n${parts.join('\r\n')}\r\n</ossec_config>\r\n`;

/** A Windows PC on which a containment would work in every respect. */
export function healthyEndpoint(): Endpoint {
  const endpoint = new Endpoint(typicalHost());
  const { home, machine } = endpoint;
  const bin = join(home, 'active-response', 'bin');
  endpoint.configure(ossecConf(conf.client, conf.on, conf.log));
  for (const name of ['contain-host.exe', 'release-host.exe']) writeFileSync(join(bin, name), '');
  // After the programs: a server that knew of them before they were there is a fault that doctor finds.
  writeFileSync(join(home, 'shared', 'ar.conf'), arConf('contain-host.exe', 'release-host.exe'));
  writeFileSync(join(home, 'active-response', 'active-responses.log'), '');
  writeFileSync(join(home, 'ossec.log'), startedAt(Date.now() + 60_000));
  installServiceManager(machine.system32, { MpsSvc: 4, BFE: 4, OssecSvc: 4 });
  installIcacls(machine.system32, readOnly);
  mkdirSync(join(machine.system32, 'config', 'systemprofile'), { recursive: true });
  mkdirSync(endpoint.stateFolder, { recursive: true });
  new Reserve(endpoint.stateFolder, smallestReserve).refill(undefined, policyBytes);
  machine.change(({ keys }) => {
    keys['HKLM\\SYSTEM\\CurrentControlSet\\Services\\OssecSvc'] = { Start: 2 };
  });
  return endpoint;
}

export const arConf = (...files: readonly string[]): string =>
  [
    'restart-ossec0 - restart-ossec.cmd - 0',
    ...files.map((file) => `${file.replace('.exe', '')}0 - ${file} - 0`),
    '',
  ].join('\n');

/** The line with which the agent starts, in its local time. */
export function startedAt(time: number): string {
  const local = new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(0, 19).replaceAll('-', '/').replace('T', ' ')} ossec-agent: INFO: Started (pid: 4744).\r\n`;
}

export function examineEndpoint(endpoint: Endpoint): Promise<Check[]> {
  return examine(patientOf(endpoint).host);
}

/** The endpoint as one examination sees it. */
export function patientOf({ machine, programFiles, home, stateFolder }: Endpoint): Patient {
  const program = join(home, 'active-response', 'bin', 'contain-host.js');
  const host: Host = {
    platform: 'windows',
    env: { SystemRoot: machine.systemRoot, ProgramFiles: programFiles },
    program,
    command: [process.execPath, program],
    name: 'contain-host',
    timeouts: { ...timeouts, dns: 500, reg: 5000 },
    smallestReserve,
  };
  return { host, home: { home, foundBy: 'the folder of this program' }, stateFolder };
}
