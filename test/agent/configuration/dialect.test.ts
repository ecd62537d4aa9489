import { client, outcomeOf } from '../agent-home';

const server = '<server-ip>192.0.2.10</server-ip>';
const one = ['192.0.2.10|1514|tcp+udp'];
const section = (inner: string): string => `<ossec_config><localfile>${inner}</localfile></ossec_config>`;
/** Only OSSEC reads a file with one. */
const declaration = '<?xml version="1.0"?>';
const pad = (length: number): string => 'x'.repeat(length);

describe('read as if it were not there', () => {
  test.each([
    ['a comment closed by !>', `<!-- wow!>${client(server)}<!-- -->`],
    ['a comment opened by <!', `<! <client> !>${client(server)}`],
    ['a document type, as one comment', `<!DOCTYPE x [ <!ENTITY a "b"> ]> -->${client(server)}`],
    ['the shortest comment', `<!-->${client(server)}`],
    ['a comment with many dashes', `<!------ -- ---->${client(server)}`],
    ['a comment that seems to nest', `<!-- <!-- -->${client(server)}-->`],
    ['a comment inside a value', client('<server-ip>192.0<!-- 9 -->.2.10</server-ip>')],
    ['a comment inside a tag', client('<server<!-- x -->-ip>192.0.2.10</server<!-- > -->-ip>')],
    ['a comment behind a backslash', client(`<port>1514</port>\\<!-- x -->\n${server}`)],
    ['raw ampersands', `${section('x & y && &amp; &#0;')}${client(server)}`],
    ['an escaped tag', `${section('\\<Select>')}${client(server)}`],
    ['an escaped tag right before a tag', `${section('\\<<b/>')}${client(server)}`],
    ['an escaped tag between roots', `\\<junk> ${client(server)}`],
    ['two backslashes before a tag, to Wazuh', `${section('<location>C:\\a\\\\</location>')}${client(server)}`],
    ['a byte order mark', `\ufeff${client(server)}`],
    ['a declaration, to OSSEC', `<?xml version="1.0"?>${client(server)}`],
    ['a declaration behind a byte order mark', `\ufeff<?xml version="1.0" ? >\n${client(server)}`],
    ['Windows line ends', client(`\r\n${server}\r\n`)],
    ['old Macintosh line ends', client(`\r${server}\r`)],
    ['attributes with markup', client('<server-ip x="a<b&c" y=\'"/\'>192.0.2.10</server-ip>')],
    ['an attribute behind a line break', client('<server-ip\r\n\tx= "1"\n>192.0.2.10</server-ip>')],
    ['names that start with a digit', `${section('<1a>x</1a>')}${client(server)}`],
    ['names that JavaScript knows', client(`<__proto__><constructor>1</constructor></__proto__>${server}<prototype/>`)],
    ['empty elements', `<ossec_config/>${section('<a/><b x="1"/><c />')}${client(server)}`],
    ['behind the slash of an empty element', `${section('<a / x>')}${client(server)}`],
    ['what stands behind a NUL', client('<server-ip>192.0.2.10\0.99</server-ip\0x>')],
    ['Latin-1', Buffer.from(`<!-- \xe9 -->${section('\xff\xfe\x85')}${client(server)}`, 'latin1')],
    ['control characters', `${section('\x01\x1b\x7f')}${client(server)}`],
    ['a UTF-16 mark before single bytes', Buffer.from(`\xff\xfe${client(server)}`, 'latin1')],
    ['text around the roots', `a ${client(server)} b > c`],
    ['text around elements', client(`a ${server} b`)],
    ['text before a child', client(`<server-ip>junk<x></x>192.0.2.10</server-ip>`)],
    ['what stands behind a Ctrl-Z', `${client(server)}\x1a<junk`],
    ['a variable', `<var name="A">192.0.2.66</var>${client(server)}`],
    ['8191 characters', `${section(pad(8191))}${client(server)}`],
    ['20479 characters, to Wazuh', `${section(pad(20479))}${client(server)}`],
    ['8191 characters, to OSSEC', `${declaration}${section(pad(8191))}${client(server)}`],
    ['a long text in pieces', `${section(`<a/>${pad(8000)}`.repeat(9))}${client(server)}`],
    ['any length between roots', `${pad(100_000)}${client(server)}`],
    ['a comment of any length', `<!--${pad(100_000)}-->${client(server)}`],
    ['nesting 1000 deep', `<ossec_config>${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}</ossec_config>${client(server)}`],
  ])('%s', async (_what, conf) => {
    expect(await outcomeOf(conf)).toEqual(one);
  });
});

describe('files that no agent starts with are refused', () => {
  test.each([
    ['a comment that is never closed', `${client(server)}<!-- `],
    ['CDATA', client('<server-ip><![CDATA[192.0.2.10]]></server-ip>')],
    ['a comment that only seems closed', `<!->${client(server)}`],
    ['a backslash before an end tag', `${section('<location>C:\\a\\</location>')}${client(server)}`],
    ['a tag that is not closed', `<ossec_config>${server}`],
    ['an end tag of another name', `${section('<log_format>syslog</group>')}${client(server)}`],
    ['an end tag in another case', client('<server-ip>192.0.2.10</Server-ip>')],
    ['an end tag with a blank', client('<server-ip>192.0.2.10</server-ip >')],
    ['an end tag without a beginning', `</ossec_config>${client(server)}`],
    ['an end inside a tag', `${client(server)}<ossec_config`],
    ['another root', `<agent_config></agent_config>${client(server)}`],
    ['a root in another case', '<OSSEC_CONFIG><client><server-ip>192.0.2.10</server-ip></client></OSSEC_CONFIG>'],
    ['an empty client section', `<ossec_config><client/></ossec_config>${client(server)}`],
    ['an attribute without a value', client('<server-ip x>192.0.2.10</server-ip>')],
    ['an attribute without quotes', client('<server-ip x=1>192.0.2.10</server-ip>')],
    ['an attribute that stands twice', client('<server-ip x="1" x="2">192.0.2.10</server-ip>')],
    ['an attribute with >', client('<server-ip x=">">192.0.2.10</server-ip>')],
    ['a blank before =', client('<server-ip x ="1">192.0.2.10</server-ip>')],
    ['attributes without a blank between them', client('<server-ip x="1"y="2">192.0.2.10</server-ip>')],
    ['a processing instruction', `<?php x ?>${client(server)}`],
    ['a declaration behind a line end', `\n<?xml version="1.0"?>${client(server)}`],
    ['UTF-16', Buffer.from(`\ufeff${client(server)}`, 'utf16le')],
    ['UTF-16 without a mark', Buffer.from(client(server), 'utf16le')],
    ['20480 characters', `${section(pad(20480))}${client(server)}`],
    ['8192 characters where only OSSEC reads the file', `${declaration}${section(pad(8192))}${client(server)}`],
    ['two backslashes where only OSSEC reads the file', `${declaration}${section('<a>C:\\\\</a>')}${client(server)}`],
    ['a long value', client(`<server-ip>${'1'.repeat(20480)}</server-ip>`)],
    [
      'nesting without end',
      `<ossec_config>${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</ossec_config>${client(server)}`,
    ],
    ['a file cut by Ctrl-Z', `<ossec_config>\x1a${client(server)}`],
    ['binary data', Buffer.from('MZ\0\xff<\0\x7f>\x80<<\x01', 'latin1')],
  ])('%s', async (_what, conf) => {
    expect(await outcomeOf(conf)).toBe('bad-configuration');
  });
});

test.each([
  ['an entity', '<server-hostname>192.0.2.&#49;0</server-hostname>'],
  ['a tag in another case', '<Server-IP>192.0.2.10</Server-IP><port>1514</port>'],
  ['a comment', `<port>1514</port><!-- ${server} -->`],
  ['a nested element', `<enrollment>${server}</enrollment>`],
  ['text', `<config-profile>192.0.2.10</config-profile> 192.0.2.10`],
  ['an attribute', '<server-ip address="192.0.2.10">0.0.0.0</server-ip>'],
  ['text that a child ends', '<server-hostname>192.0.2.10<x/></server-hostname>'],
])('%s names no server', async (_what, inner) => {
  expect(await outcomeOf(client(inner))).toBe('no-server');
});

test('a variable names no server', async () => {
  expect(await outcomeOf(`<var><client>${server}</client></var>`)).toBe('no-server');
});

test('an empty file names no server', async () => {
  expect(await outcomeOf('')).toBe('no-server');
});

test('other sections name no server', async () => {
  const decoys = ['remote', 'syslog_output', 'labels', 'Client'].map((name) => `<${name}>${server}</${name}>`);
  expect(await outcomeOf(`<ossec_config>${decoys.join('')}${server}</ossec_config>`)).toBe('no-server');
});
