import { readAgentServers } from '../../../src/agent/servers';
import { client, newFolder, noDns, outcomeAt, outcomeOf, windows } from '../agent-home';

const ip = (address: string): string => `<server-ip>${address}</server-ip>`;
const server = (address: string, more = ''): string => `<server><address>${address}</address>${more}</server>`;
const agent = (inner: string): string => `<ossec_config><agent>${inner}</agent></ossec_config>`;

describe('OSSEC', () => {
  test.each([
    ['two servers, in order', client(ip('192.0.2.11') + ip('192.0.2.10')), '192.0.2.11|1514 192.0.2.10|1514'],
    [
      'servers of several roots',
      client(ip('192.0.2.10')) + client(ip('192.0.2.11')),
      '192.0.2.10|1514 192.0.2.11|1514',
    ],
    [
      'one port for all',
      client(`${ip('192.0.2.10')}<port>1520</port>${ip('192.0.2.11')}`),
      '192.0.2.10|1520 192.0.2.11|1520',
    ],
    ['the last port', client(`<port>1</port>${ip('192.0.2.10')}<port>01520</port>`), '192.0.2.10|1520'],
    ['IPv6', client(ip('2001:DB8:0:0::10')), '2001:db8::10|1514'],
    ['mapped IPv4', client(ip('::ffff:192.0.2.10')), '192.0.2.10|1514'],
    ['a server named twice', client(ip('192.0.2.10') + ip('192.0.2.10')), '192.0.2.10|1514'],
    ['an address as a name', client('<server-hostname>192.0.2.10</server-hostname>'), '192.0.2.10|1514'],
    ['loopback beside it', client(ip('127.0.0.1') + ip('192.0.2.10') + ip('::1')), '192.0.2.10|1514'],
    ['an address that is none beside it', client(ip('0.0.0.0') + ip('192.0.2.10')), '192.0.2.10|1514'],
    ['an old spelling beside it', client(ip('0xC0.0.2.66') + ip('192.0.2.10')), '192.0.2.10|1514'],
  ])('%s', async (_what, conf, wanted) => {
    expect(await outcomeOf(conf)).toEqual(wanted.split(' ').map((text) => `${text}|tcp+udp`));
  });

  test('a port serves all sections to OSSEC, its own to Wazuh: both are allowed', async () => {
    const conf = client(ip('192.0.2.10')) + client(`${ip('192.0.2.11')}<port>1520</port>`);
    expect(await outcomeOf(conf)).toEqual([
      '192.0.2.10|1520|tcp+udp',
      '192.0.2.11|1520|tcp+udp',
      '192.0.2.10|1514|tcp+udp',
    ]);
  });
});

describe('Wazuh 3 and 4', () => {
  test.each([
    [
      'its own port',
      server('192.0.2.10', '<port>1520</port>') + server('192.0.2.11'),
      '192.0.2.10|1520|tcp+udp 192.0.2.11|1514|tcp+udp',
    ],
    [
      'its own protocol',
      server('192.0.2.10', '<protocol>udp</protocol>') + server('192.0.2.11', '<protocol>tcp</protocol>'),
      '192.0.2.10|1514|udp 192.0.2.11|1514|tcp',
    ],
    [
      'both protocols',
      server('192.0.2.10', '<protocol>udp</protocol>') + server('192.0.2.10', '<protocol>tcp</protocol>'),
      '192.0.2.10|1514|tcp+udp',
    ],
    [
      'another port is another server',
      server('192.0.2.10', '<protocol>udp</protocol>') + server('192.0.2.10', '<port>1</port><protocol>tcp</protocol>'),
      '192.0.2.10|1514|udp 192.0.2.10|1|tcp',
    ],
    [
      'older elements among them',
      `${ip('192.0.2.9')}${server('192.0.2.10')}<port>1520</port><protocol>tcp</protocol>`,
      '192.0.2.9|1520|tcp 192.0.2.10|1514|tcp+udp',
    ],
    ['older elements with a protocol', `${ip('192.0.2.9')}<protocol>udp</protocol>`, '192.0.2.9|1514|udp'],
    [
      'the last value',
      '<server><address>192.0.2.66</address><address>192.0.2.10</address><port>1</port><port>2</port></server>',
      '192.0.2.10|2|tcp+udp',
    ],
    [
      'not the enrollment',
      `${server('192.0.2.10')}<enrollment><manager_address>192.0.2.66</manager_address><port>1515</port></enrollment>`,
      '192.0.2.10|1514|tcp+udp',
    ],
    [
      'placeholders beside it',
      ['', 'IP', 'MANAGER_IP', '0.0.0.0', '192.0.2.10'].map((text) => server(text)).join(''),
      '192.0.2.10|1514|tcp+udp',
    ],
    [
      'what is no host beside it',
      [
        'a b',
        'x&y',
        '192.0.2.66 ',
        '\n192.0.2.66',
        '192.0.2.66:1514',
        '[2001:db8::66]',
        '192.0.2.66,192.0.2.67',
        '!192.0.2.66',
        '192.0.2',
        '3221225994',
        '0300.0.2.66',
        '192.0.2.066',
        '224.0.0.1',
        '-a',
        'a..b',
        'm\xfcnchen.example',
        '%TEMP%',
        '$(x)',
        '{{ x }}',
        `${'a'.repeat(64)}.example`,
        '192.0.2.10',
      ]
        .map((text) => server(text))
        .join(''),
      '192.0.2.10|1514|tcp+udp',
    ],
  ])('%s', async (_what, inner, wanted) => {
    expect(await outcomeOf(client(inner))).toEqual(wanted.split(' '));
  });
});

describe('Wazuh 5', () => {
  test.each([
    [
      'every server of its own section',
      agent(server('192.0.2.9') + server('192.0.2.10')),
      '192.0.2.9|1517 192.0.2.10|1517',
    ],
    [
      'of all its sections',
      agent(server('192.0.2.9')) + agent(server('192.0.2.10', '<port>443</port><protocol>udp</protocol>')),
      '192.0.2.9|1517 192.0.2.10|443',
    ],
    [
      'a manager beside a server',
      agent(`${server('192.0.2.9')}<manager><endpoint>192.0.2.10:8443</endpoint></manager>`),
      '192.0.2.9|1517 192.0.2.10|8443',
    ],
    [
      'its own section before a client section',
      agent(server('192.0.2.10')) + client(server('192.0.2.9')),
      '192.0.2.10|1517',
    ],
    [
      'a client section without its port',
      agent('<config-profile>x</config-profile>') + client(server('192.0.2.10', '<port>1514</port>')),
      '192.0.2.10|1517',
    ],
    ["OSSEC's elements in its own section", agent(ip('192.0.2.10')), '192.0.2.10|1517'],
    [
      'every server of the client sections',
      agent('<notify_time>9</notify_time>') + client(server('192.0.2.10')) + client(server('192.0.2.9')),
      '192.0.2.10|1517 192.0.2.9|1517',
    ],
    ['an endpoint', agent('<manager><endpoint>192.0.2.10</endpoint></manager>'), '192.0.2.10|1517'],
    [
      'a whole endpoint',
      agent('<manager><address>192.0.2.9</address><endpoint>https://192.0.2.10:8443/wazuh/</endpoint></manager>'),
      '192.0.2.10|8443',
    ],
    ['an IPv6 endpoint', agent('<manager><endpoint>[2001:db8::10]:8443/</endpoint></manager>'), '2001:db8::10|8443'],
    [
      'an address and a port',
      agent('<manager><address>192.0.2.10</address><port>8443</port></manager>'),
      '192.0.2.10|8443',
    ],
    ['a path beside an address', agent(server('192.0.2.10', '<endpoint>/wazuh</endpoint>')), '192.0.2.10|1517'],
  ])('%s', async (_what, conf, wanted) => {
    expect(await outcomeOf(conf)).toEqual(wanted.split(' ').map((text) => `${text}|tcp`));
  });

  test('an agent that was upgraded to it keeps the old file, but not the old port', async () => {
    const conf = client(server('192.0.2.10', '<port>1514</port><protocol>udp</protocol>'));
    const home = newFolder({ 'ossec.conf': conf, 'VERSION.json': '{\n "version": "5.0.0",\n "stage": "rc1"\n}' });
    expect(await outcomeAt(home)).toEqual(['192.0.2.10|1517|tcp']);
  });
});

describe('a link-local server is let in without its zone', () => {
  test.each([
    ['with an index of its interface', client(server('fe80::5', '<interface_index>3</interface_index>')), 'tcp+udp'],
    ['with a zone', client(server('FE80:0::5%eth0.7')), 'tcp+udp'],
    ['with a number as its zone', client(ip('fe80::5%12')), 'tcp+udp'],
    ['to OSSEC', client(ip('fe80::5%eth0')), 'tcp+udp'],
  ])('%s', async (_what, conf, protocols) => {
    expect(await outcomeOf(conf)).toEqual([`fe80::5|1514|${protocols}`]);
  });

  test.each(['2001:db8::5%eth0', 'ff02::5%eth0', 'fe80::5%', 'fe80::5% calc', 'fe80::g%eth0', '192.0.2.10%eth0'])(
    'but not %s',
    async (text) => {
      expect(await outcomeOf(client(server(text)))).toBe('no-server');
    },
  );
});

describe('what every agent refuses is refused as a whole', () => {
  const good = server('192.0.2.10');
  test.each([
    ['a port that is none', client(server('192.0.2.11', '<port>70000</port>') + good)],
    ['port 0', client(`${ip('192.0.2.10')}<port>0</port>`)],
    ['a port with a blank', client(`${ip('192.0.2.10')}<port> 1514</port>`)],
    ['an empty port', client(`${ip('192.0.2.10')}<port></port>`)],
    ['two ports in one', client(`${ip('192.0.2.10')}<port>1514,1515</port>`)],
    ['a protocol in upper case', client(server('192.0.2.11', '<protocol>TCP</protocol>') + good)],
    ['two protocols in one', client(server('192.0.2.11', '<protocol>udp,tcp</protocol>') + good)],
    ['a server without an address', client(`<server><port>1514</port></server>${good}`)],
    ['an empty server', client(`<server/>${good}`)],
    ['a network', client(server('192.0.2.0/24') + good)],
    ['a network as server-ip', client(ip('192.0.2.0/24') + ip('192.0.2.10'))],
    ['a blank in a server-ip', client(ip('192.0.2.11 ') + ip('192.0.2.10'))],
    ['an empty server-ip', client(ip('') + ip('192.0.2.10'))],
    ['any', client(ip('any') + ip('192.0.2.10'))],
    ['brackets', client(ip('[2001:db8::1]') + ip('192.0.2.10'))],
    ['a name as server-ip', client(ip('manager.example.net') + ip('192.0.2.10'))],
    ['an endpoint with a user', agent('<manager><endpoint>a@192.0.2.10</endpoint></manager>')],
    ['an endpoint without encryption', agent('<manager><endpoint>http://192.0.2.10</endpoint></manager>')],
    ['an endpoint with a port that is none', agent('<manager><endpoint>192.0.2.10:99999</endpoint></manager>')],
  ])('%s', async (_what, conf) => {
    expect(await outcomeOf(conf)).toBe('bad-configuration');
  });
});

test.each([
  '0xC0.0.2.10',
  '0300.0.2.10',
  '192.0.2',
  '3221225994',
  '127.0.0.1',
  '::1',
  '0.0.0.0',
  '::',
  '192.0.2.10:1514',
])('server-ip %s alone is no server', async (text) => {
  expect(await outcomeOf(client(ip(text)))).toBe('no-server');
});

test('what is left out is named, once, in printable characters', async () => {
  const conf = client(
    `${server('a\x07b & calc')}${server('a\x07b & calc')}${server('MANAGER_IP')}${server('192.0.2.10')}`,
  );
  const { warnings } = await readAgentServers(windows, newFolder({ 'ossec.conf': conf }), noDns);
  expect(warnings).toHaveLength(2);
  expect(warnings.join()).toMatch(/"a\?b & calc".*"MANAGER_IP"/);
});

test('the refusal says where the file is wrong, and what was left out', async () => {
  const failing = async (conf: string): Promise<unknown> =>
    readAgentServers(windows, newFolder({ 'ossec.conf': conf }), noDns).catch((error: unknown) => error);
  const broken = '<ossec_config>\n<localfile>\n<log_format>syslog</group>\n</localfile>\n</ossec_config>';
  expect(await failing(broken)).toMatchObject({
    code: 'bad-configuration',
    message: expect.stringMatching(/line 3: .*"log_format".*"group".*Nothing was changed/),
  });
  expect(await failing(client(server('MANAGER_IP')))).toMatchObject({
    code: 'no-server',
    message: expect.stringMatching(/ossec\.conf.*"MANAGER_IP".*Nothing was changed/),
  });
});

test('forty servers are all read, a thousand are refused', async () => {
  const servers = (count: number): string =>
    client(Array.from({ length: count }, (_, index) => ip(`10.0.${index >> 8}.${index & 255 || 256 - 1}`)).join(''));
  expect(await outcomeOf(servers(40))).toHaveLength(40);
  expect(await outcomeOf(servers(1000))).toBe('bad-configuration');
});
