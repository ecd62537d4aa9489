import { readConfiguredServers } from '../src/agent/configuration/ossec-conf';
import type { Table } from './report';
import { interleave, show, timed } from './samples';

const sizes = { '10 kB': 10_000, '1 MB': 1_000_000, '20 MB': 20_000_000 } as const;

const client = '<ossec_config>\n  <client>\n    <server-ip>10.0.0.5</server-ip>\n  </client>\n</ossec_config>\n';
const section =
  '<ossec_config>\n  <localfile>\n    <location>Security</location>\n    <log_format>eventlog</log_format>\n  </localfile>\n' +
  '  <!-- one more directory -->\n  <syscheck>\n    <directories check_all="yes">C:\\Programs\\Some & Other</directories>\n  </syscheck>\n</ossec_config>\n';

function configuration(size: number): Buffer {
  return Buffer.from(section.repeat(Math.max(1, Math.round((size - client.length) / section.length))) + client);
}

/** Reading the agent's configuration, in one process. */
export async function parsing(runs: number): Promise<Table> {
  const results = await interleave(
    Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => {
        const bytes = configuration(size);
        return [
          name,
          () =>
            timed(() => {
              const servers = readConfiguredServers(bytes, 'windows', undefined);
              if (servers[0]?.host !== '10.0.0.5') throw new Error('the server was not found');
            }),
        ];
      }),
    ),
    runs,
  );
  return {
    title: 'Parsing of ossec.conf',
    note: 'Milliseconds; the server stands at the end.',
    columns: ['size', 'time'],
    rows: Object.entries(results).map(([name, samples]) => [name, show(samples)]),
  };
}
