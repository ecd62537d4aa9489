import { Endpoint } from '../../fixtures/endpoint';
import { installServiceManager } from '../../fixtures/host-tools';
import { typicalHost } from '../../fixtures/standin/hosts';

/** What the manual shows: a PC is contained, looked at and released. */
const commands = [['contain', '192.0.2.50', 'case=77'], ['status'], ['release', 'case=77']] as const;

/**
 * Runs it on the stand-in for Windows and returns what stood on the screen; times and folders are the same each time.
 */
export async function recordSession(): Promise<string> {
  const endpoint = new Endpoint(typicalHost(), '<server-ip>10.0.0.5</server-ip>');
  // Known from its version: an OSSEC agent talks UDP.
  endpoint.installVersion('OSSEC HIDS v4.3');
  installServiceManager(endpoint.machine.system32, { MpsSvc: 4, BFE: 4, OssecSvc: 4 });
  endpoint.machine.change(({ keys }) => {
    keys['HKLM\\SYSTEM\\CurrentControlSet\\Services\\OssecSvc'] = { Start: 2 };
  });
  try {
    let screen = '';
    for (const args of commands) {
      const { output } = await endpoint.call({ args, env: { USERDOMAIN: 'CORP', USERNAME: 'anna' } });
      screen += `> contain-host ${args.join(' ')}\n${output}\n`;
    }
    return constant(screen.replaceAll(`${endpoint.folder}/`, 'C:\\'))
      .trimEnd()
      .concat('\n');
  } finally {
    endpoint.remove();
  }
}

/** What differs between two runs. */
function constant(screen: string): string {
  return screen
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-30T03:18:22Z')
    .replace(/\d\d:\d\d:\d\d here/g, '04:18:22 here')
    .replace(/after \d+\.\d s/g, 'after 0.9 s')
    .replace(/\d+ min ago/g, '0 min ago')
    .replace(/in force \d+ ms/g, 'in force 600 ms')
    .replace(/off for \d+ ms/g, 'off for 120 ms')
    .replace(/C:\\[^\n,]*/g, (path) => path.replaceAll('/', '\\'));
}
