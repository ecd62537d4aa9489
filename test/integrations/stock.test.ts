import { servers } from './stock';

const [ossec, oldOssec, wazuh] = [servers['OSSEC 3.6 and newer'], servers['OSSEC up to 3.0'], servers.Wazuh];

/** Lines that were run through the engines of both products, and what those made of them. */
describe('the decoders here do as the real ones do with', () => {
  test('the batch script’s line: Wazuh knows it and finds no fields', () => {
    const line =
      'Wed 12/07/2016 19:39:40.15 C:\\Program Files (x86)\\ossec-agent\\active-response\\bin\\"active-response/bin/contain-me.cmd" add "-" "192.0.2.50" ';
    expect([ossec.decode(line), oldOssec.decode(line)]).toEqual([undefined, undefined]);
    expect(wazuh.decode(line)).toMatchObject({ decoder: 'ar_log', fields: {} });
  });

  test('the line of route-null.cmd since 2019: nobody knows it', () => {
    const line =
      'Wed 12/07/2016 19:39:40.15 "C:\\Program Files (x86)\\ossec-agent\\active-response\\bin\\route-null.cmd" add "-" "192.0.2.50"';
    expect([ossec, oldOssec, wazuh].map((server) => server.decode(line))).toEqual([undefined, undefined, undefined]);
  });

  test('the older line: in Wazuh the values keep their quotes', () => {
    const line =
      'Wed 12/07/2016 19:39:40.15 "active-response/bin/route-null.cmd" add "-" "192.0.2.50" "(from_the_server) (no_rule_id)"';
    expect([ossec.decode(line), oldOssec.decode(line)]).toEqual([undefined, undefined]);
    expect(wazuh.decode(line)?.fields).toMatchObject({ script: 'route-null.cmd"', type: 'add', srcip: '"192.0.2.50"' });
  });

  test('the line of a script on Linux: all fields, everywhere', () => {
    const line =
      'Sat May  7 03:17:27 CDT 2011 /var/ossec/active-response/bin/firewall-drop.sh add - 172.16.0.1 1304756247.60385 31151';
    const fields = {
      action: 'firewall-drop.sh',
      status: 'add',
      srcip: '172.16.0.1',
      id: '1304756247.60385',
      extra_data: '31151',
    };
    expect(ossec.decode(line)?.fields).toEqual(fields);
    expect(oldOssec.decode(line)?.fields).toEqual(fields);
    expect(wazuh.decode(line)?.fields).toMatchObject({ script: 'firewall-drop.sh', type: 'add', srcip: '172.16.0.1' });
  });

  test('an order of agent_control on Linux: OSSEC knows it and finds no fields', () => {
    const line =
      'Wed Dec  7 19:42:30 UTC 2016 /var/ossec/active-response/bin/restart-ossec.sh add - 10.99.99.12 (from_the_server) (no_rule_id)';
    expect(ossec.decode(line)).toMatchObject({ decoder: 'ar_log', fields: {} });
    expect(oldOssec.decode(line)).toMatchObject({ decoder: 'ar_log', fields: {} });
  });

  test('a zone with a sign: only Wazuh knows it', () => {
    const line =
      'Sat May  7 03:17:27 +08 2011 /var/ossec/active-response/bin/firewall-drop.sh add - 172.16.0.1 1304756247.6 31151';
    expect([ossec.decode(line), oldOssec.decode(line)]).toEqual([undefined, undefined]);
    expect(wazuh.decode(line)?.fields).toMatchObject({ script: 'firewall-drop.sh' });
  });

  test('a line behind the stamp of Wazuh’s own programs that is no JSON: known, with no fields', () => {
    const line = '2026/11/25 03:18:00 active-response/bin/netsh.exe: Starting';
    expect([ossec.decode(line), oldOssec.decode(line)]).toEqual([undefined, undefined]);
    expect(wazuh.decode(line)).toEqual({ decoder: 'ar_log_json', log: line, fields: {} });
  });
});
