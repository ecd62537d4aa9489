import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readAgentServers } from '../../src/agent/servers';
import { type Host, patience } from '../../src/host';
import { Failure } from '../../src/outcome/failure';

const fixtures = join(__dirname, '../../fixtures/conf');

const host: Host = {
  platform: 'windows',
  env: {},
  program: '/nowhere/contain-host',
  command: ['/nowhere/contain-host'],
  name: 'contain-host',
  patience,
};

function newHome(content?: string | Buffer): string {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  if (content !== undefined) writeFileSync(join(home, 'ossec.conf'), content);
  return home;
}

const read = (content: string | Buffer) => readAgentServers(host, newHome(content));

/** `address|port|protocols` of each server; refusals by their code. */
async function outcomeOf(content: string | Buffer): Promise<string[] | string> {
  try {
    const { servers } = await read(content);
    return servers.map(({ address, port, protocols }) => `${address.text}|${port}|${[...protocols].sort().join('+')}`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code;
  }
}

describe('real configuration files', () => {
  const rows = readFileSync(join(fixtures, 'expected.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('file\t'))
    .map((line) => {
      const columns = line.split('\t');
      const [file = '', verdict = '', servers = '', mustNotUse = ''] = [
        columns[0],
        columns[12],
        columns[13],
        columns[14],
      ];
      return { file, verdict, servers: servers === '-' ? [] : servers.split(' '), mustNotUse };
    });

  test.each(rows)('$file: $verdict', async ({ file, verdict, servers, mustNotUse }) => {
    const outcome = await outcomeOf(readFileSync(join(fixtures, file)));
    const wanted = servers
      .filter((server) => !server.startsWith('host:'))
      .map((server) => server.replace('|def', '|tcp+udp'));
    // The names in these files resolve nowhere: nothing usable is left then.
    const refused = /^(no-server|bad-configuration)$/;
    if (typeof outcome === 'string') {
      expect(outcome).toMatch(refused);
      if (verdict === 'USE' || wanted.length > 0) expect(verdict).toBe('EITHER');
      return;
    }
    expect(verdict).not.toBe('REFUSE');
    expect(outcome).toEqual(wanted);
    for (const decoy of mustNotUse.split(' '))
      expect(outcome.map((server) => server.split('|')[0])).not.toContain(decoy);
  });
});

describe('the dialect of the agent', () => {
  const client = (inner: string): string => `<ossec_config><client>${inner}</client></ossec_config>`;
  const one = ['192.0.2.10|1514|tcp+udp'];

  test.each([
    ['a comment closed by !>', `<!-- wow!>${client('<server-ip>192.0.2.10</server-ip>')}<!-- -->`],
    ['the shortest comment', `<!-->${client('<server-ip>192.0.2.10</server-ip>')}`],
    ['a comment inside a value', client('<server-ip>192.0<!-- 9 -->.2.10</server-ip>')],
    ['a comment inside a tag', client('<server<!-- x -->-ip>192.0.2.10</server-ip>')],
    ['raw ampersands', `<ossec_config><a>x & y && z</a></ossec_config>${client('<server-ip>192.0.2.10</server-ip>')}`],
    ['an escaped tag', `<ossec_config><q>\\<Select></q></ossec_config>${client('<server-ip>192.0.2.10</server-ip>')}`],
    ['a byte order mark', `\ufeff${client('<server-ip>192.0.2.10</server-ip>')}`],
    ['a declaration', `<?xml version="1.0"?>${client('<server-ip>192.0.2.10</server-ip>')}`],
    ['Windows line ends', client('\r\n<server-ip>192.0.2.10</server-ip>\r\n')],
    ['attributes with markup', client('<server-ip x="a<b&c" y=\'\'>192.0.2.10</server-ip>')],
    [
      'a name that starts with a digit',
      `<ossec_config><1a>x</1a></ossec_config>${client('<server-ip>192.0.2.10</server-ip>')}`,
    ],
    ['an empty element', `<ossec_config><a/></ossec_config>${client('<server-ip>192.0.2.10</server-ip>')}`],
    ['a value that ends in NUL', client('<server-ip>192.0.2.10\0.99</server-ip>')],
    ['Latin-1', Buffer.from(`<!-- \xe9 -->${client('<server-ip>192.0.2.10</server-ip>')}`, 'latin1')],
    ['text around the roots', `a ${client('<server-ip>192.0.2.10</server-ip>')} b`],
    ['a file that Ctrl-Z ends', `${client('<server-ip>192.0.2.10</server-ip>')}\x1a<junk`],
    ['a server named twice', client('<server-ip>192.0.2.10</server-ip><server-ip>192.0.2.10</server-ip>')],
    ['loopback beside it', client('<server-ip>127.0.0.1</server-ip><server-ip>192.0.2.10</server-ip>')],
  ])('%s', async (_what, content) => {
    expect(await outcomeOf(content)).toEqual(one);
  });

  test.each([
    ['an entity', client('<server-ip>192.0.2.&#49;0</server-ip>')],
    ['a blank', client('<server-ip> 192.0.2.10</server-ip>')],
    ['another root', '<agent_config><client><server-ip>192.0.2.10</server-ip></client></agent_config>'],
    ['another section', '<ossec_config><remote><server-ip>192.0.2.10</server-ip></remote></ossec_config>'],
    ['a comment that is never closed', `<!-- ${client('<server-ip>192.0.2.10</server-ip>')}`],
    ['a comment', `<!-- ${client('<server-ip>192.0.2.10</server-ip>')} -->`],
    ['a tag in another case', client('<Server-IP>192.0.2.10</Server-IP>')],
    ['a tag that is not closed', '<ossec_config><client><server-ip>192.0.2.10</client></ossec_config>'],
    ['a port that is none', client('<server-ip>192.0.2.10</server-ip><port>70000</port>')],
    ['a placeholder', client('<server><address>MANAGER_IP</address></server>')],
    ['only loopback', client('<server-ip>::1</server-ip><server-hostname>localhost</server-hostname>')],
    ['an octal address', client('<server-hostname>010.1.1.1</server-hostname>')],
    ['no file content', ''],
  ])('%s names no server', async (_what, content) => {
    expect(typeof (await outcomeOf(content))).toBe('string');
  });

  test('to OSSEC one port serves all servers, to Wazuh each has its own', async () => {
    expect(
      await outcomeOf(
        client('<server-ip>192.0.2.10</server-ip>') + client('<port>1520</port><server-ip>192.0.2.11</server-ip>'),
      ),
    ).toEqual(['192.0.2.10|1520|tcp+udp', '192.0.2.11|1520|tcp+udp']);
    const wazuh =
      '<server><address>192.0.2.10</address></server><server><address>192.0.2.11</address><port>1520</port><protocol>udp</protocol></server>';
    expect(await outcomeOf(client(wazuh))).toEqual(['192.0.2.10|1514|tcp+udp', '192.0.2.11|1520|udp']);
  });

  test('Wazuh 5 speaks to the last server of its own section, over TCP', async () => {
    const agent = '<server><address>192.0.2.10</address></server><server><address>192.0.2.11</address></server>';
    expect(await outcomeOf(`<ossec_config><agent>${agent}</agent></ossec_config>`)).toEqual(['192.0.2.11|1517|tcp']);
  });
});

describe('where the file does not name the protocol, the installed agent decides', () => {
  test.each([
    ['VERSION', 'v4.1.5\n', 'tcp'],
    ['VERSION', 'v3.13.6\n', 'udp'],
    ['VERSION.json', '{"version": "4.14.7"}', 'tcp'],
    ['wazuh-agent.exe', '', 'tcp'],
    ['VERSION.txt', 'OSSEC HIDS v3.7.0 - Installed on 2026-01-01', 'udp'],
    ['ossec-agent.exe', '', 'tcp+udp'],
  ])('%s %j: %s', async (file, content, protocols) => {
    const home = newHome('<ossec_config><client><server-ip>192.0.2.10</server-ip></client></ossec_config>');
    writeFileSync(join(home, file), content);
    const { servers } = await readAgentServers(host, home);
    expect([...(servers[0]?.protocols ?? [])].sort().join('+')).toBe(protocols);
  });
});

describe('host names', () => {
  const named = (name: string): string =>
    `<ossec_config><client><server-hostname>${name}</server-hostname></client></ossec_config>`;

  test('a name that does not resolve is the address that the agent last connected to', async () => {
    const home = newHome(named('manager.invalid'));
    writeFileSync(
      join(home, 'ossec.log'),
      [
        '2026/11/24 10:00:00 ossec-agentd: INFO: Connected to manager.invalid at address 192.0.2.9, port 1514',
        '2026/11/24 11:00:00 ossec-agentd: INFO: Connected to manager.invalid at address 192.0.2.10, port 1514',
        '2026/11/24 12:00:00 ossec-agentd: INFO: Connected to other.invalid at address 192.0.2.66, port 1514',
      ].join('\n'),
    );
    const { servers, needsDns, unresolved } = await readAgentServers(host, home);
    expect(servers.map(({ address }) => address.text)).toEqual(['192.0.2.10']);
    expect({ needsDns, unresolved }).toEqual({ needsDns: true, unresolved: [] });
  });

  test.each([
    '2026/11/24 10:00:00 wazuh-agent: INFO: (4102): Connected to the server ([manager.invalid/192.0.2.10]:1514/tcp).',
    '2026/11/24 10:00:00 ossec-agentd: INFO: (4102): Connected to the server (manager.invalid/192.0.2.10:1514/udp).',
  ])('Wazuh notes it as well: %s', async (line) => {
    const home = newHome(named('manager.invalid'));
    writeFileSync(join(home, 'ossec.log'), line);
    expect((await readAgentServers(host, home)).servers.map(({ address }) => address.text)).toEqual(['192.0.2.10']);
  });

  test('a name that nobody knows is reported, and the other servers are used', async () => {
    const conf =
      named('manager.invalid') + '<ossec_config><client><server-ip>192.0.2.10</server-ip></client></ossec_config>';
    expect(await read(conf)).toMatchObject({ unresolved: ['manager.invalid'], servers: [{ port: 1514 }] });
  });
});

describe('files that cannot be used', () => {
  const codeOf = async (home: string): Promise<unknown> =>
    readAgentServers(host, home).catch((error: unknown) => error);

  test('a missing file, a folder and a huge file are clear failures', async () => {
    const folder = newHome();
    mkdirSync(join(folder, 'ossec.conf'));
    const huge = newHome('');
    truncateSync(join(huge, 'ossec.conf'), 100 * 1024 * 1024);
    for (const home of [newHome(), folder, huge])
      expect(await codeOf(home)).toMatchObject({ code: 'bad-configuration', exitCode: 1 });
  });

  test('20 MB are read', async () => {
    const filler = `<syscheck><directories check_all="yes">C:\\Windows & more</directories></syscheck>\r\n<!-- ${'x'.repeat(900)} -->\r\n`;
    const conf = `<ossec_config>${filler.repeat(20_000)}<client><server-ip>192.0.2.10</server-ip></client></ossec_config>`;
    expect(conf.length).toBeGreaterThan(19_000_000);
    expect(await outcomeOf(conf)).toEqual(['192.0.2.10|1514|tcp+udp']);
  });

  test('any bytes end in servers or in a failure', async () => {
    const dialect = fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      '<!--',
      '-->',
      '!>',
      '\\<',
      '&',
      '"',
      '=',
      ' ',
      '\n',
      '\0',
      '\x1a',
      '<?xml',
      '?>',
      'client',
      'server-ip',
      'ossec_config',
      '192.0.2.10',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 2000 }).map(Buffer.from),
          fc.array(dialect).map((parts) => Buffer.from(parts.join(''))),
        ),
        async (bytes) => {
          await outcomeOf(Buffer.from(bytes));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test('whatever stands around them, exactly the configured servers are read, in order', async () => {
  const comment = fc
    .tuple(fc.stringMatching(/^[a-z0-9 <>/.-]{0,30}$/), fc.constantFrom('-->', '!>'))
    .filter(([text]) => !text.includes('-->') && !text.startsWith('>') && !text.startsWith('->'))
    .map(([text, end]) => `<!--${text} <server-ip>198.51.100.66</server-ip>${end}`);
  const decoy = fc.constantFrom(
    '<enrollment><manager_address>198.51.100.66</manager_address></enrollment>',
    '<config-profile>198.51.100.66</config-profile>',
    '<notify_time>10</notify_time>',
  );
  const noise = fc.oneof(comment, fc.constantFrom('\n', '\r\n', '  ', '\t', ''));
  const server = fc.tuple(
    fc.integer({ min: 1, max: 254 }),
    fc.integer({ min: 1, max: 65535 }),
    fc.constantFrom('udp', 'tcp'),
  );
  const element = server.chain(([last, port, protocol]) =>
    fc.tuple(noise, noise, noise).map(([a, b, c]) => ({
      expected: `192.0.2.${last}|${port}|${protocol}`,
      xml: `${a}<server>${b}<address>192.0.2.${last}</address><port>${port}</port>${c}<protocol>${protocol}</protocol></server>`,
    })),
  );
  const block = fc.array(
    fc.oneof(
      element,
      fc.oneof(noise, decoy).map((xml) => ({ expected: '', xml })),
    ),
  );
  const roots = fc.array(fc.tuple(noise, fc.array(block, { maxLength: 3 })), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(roots, async (model) => {
      const conf = model
        .map(([around, blocks]) => {
          const clients = blocks.map((parts) => `<client>${parts.map(({ xml }) => xml).join('')}</client>`);
          return `${around}<ossec_config>${clients.join(around)}</ossec_config>`;
        })
        .join('');
      const expected = model
        .flatMap(([, blocks]) => blocks.flat())
        .map(({ expected }) => expected)
        .filter((text) => text !== '');
      const merged = new Map<string, Set<string>>();
      for (const text of expected) {
        const [address, port, protocol = ''] = text.split('|');
        const key = `${address}|${port}`;
        merged.set(key, (merged.get(key) ?? new Set()).add(protocol));
      }
      const wanted = [...merged].map(([key, protocols]) => `${key}|${[...protocols].sort().join('+')}`);
      expect(await outcomeOf(conf)).toEqual(wanted.length === 0 ? 'no-server' : wanted);
    }),
    { numRuns: 300 },
  );
});

test('on Linux the file lies in etc', async () => {
  const home = newHome();
  mkdirSync(join(home, 'etc'));
  copyFileSync(join(fixtures, '001-ossec-agent-default.conf'), join(home, 'etc', 'ossec.conf'));
  const { servers } = await readAgentServers({ ...host, platform: 'linux' }, home);
  expect(servers.map(({ address }) => address.text)).toEqual(['192.168.10.100']);
});
