import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Failure } from '../../src/outcome/failure';
import { isRefusal, parseHost } from '../../src/policy/address';
import { parseWazuhMessage } from '../../src/request/wazuh';

const fixtures = join(__dirname, '../../fixtures/wazuh-stdin');

const wazuh4 = (command: string, parameters: object): string =>
  JSON.stringify({ version: 1, origin: { name: 'node01', module: 'wazuh-execd' }, command, parameters });

const wazuh5 = (command: string, extra?: string): string =>
  JSON.stringify({
    wazuh: { active_response: { name: 'contain', executable: 'contain-host', extra_arguments: extra } },
    source: { ip: '203.0.113.7' },
    command,
  });

const alert = { rule: { level: 12, id: '100900' }, id: '1770113472.4242', data: { srcip: '203.0.113.7' } };

describe('the recorded messages', () => {
  const rows = readFileSync(join(fixtures, 'expected.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('file\t'))
    .map((line) => line.split('\t'));

  test.each(rows)('%s (%s): %s', (file, _helper, expected, normalised) => {
    const line =
      readFileSync(join(fixtures, String(file)), 'utf8')
        .split('\n')[0]
        ?.replace(/\r$/, '') ?? '';
    expect(allowedOutcomes(String(expected), String(normalised))).toContain(outcome(line));
  });

  function allowedOutcomes(expected: string, normalised: string): string[] {
    if (expected === 'contain') return ['add by alert'];
    return [...(expected === 'reject' ? [] : [normalised]), ...(expected === 'accept' ? [] : ['rejected'])];
  }

  function outcome(line: string): string {
    try {
      const { action, requestedBy, address } = parseWazuhMessage(line);
      if (requestedBy === 'alert') return `${action} by alert`;
      const host = parseHost(address);
      return isRefusal(host) ? 'rejected' : `${action} ${host.text}`;
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
      return 'rejected';
    }
  }
});

test('an operator is named by extra_args before alert.data', () => {
  const parameters = { extra_args: ['case=77', '192.0.2.50'], alert: { data: { srcip: '192.0.2.51' } } };
  expect(parseWazuhMessage(wazuh4('add', parameters))).toEqual({
    action: 'add',
    dialect: 'wazuh',
    requestedBy: 'operator',
    address: '192.0.2.50',
    caseNumber: '77',
  });
});

test('an argument of the API may hold the address and the words behind it', () => {
  const named = (...extra_args: string[]) => parseWazuhMessage(wazuh4('add', { extra_args, alert: {} }));
  expect(named('192.0.2.50 case=77')).toMatchObject({
    requestedBy: 'operator',
    address: '192.0.2.50',
    caseNumber: '77',
  });
  expect(isRefusal(parseHost(named('192.0.2.50 192.0.2.51').address))).toBe(true);
});

test.each([
  wazuh4('add', { extra_args: ['192.0.2.50', '192.0.2.51'], alert: {} }),
  wazuh4('add', { extra_args: ['192.0.2.50', '&', 'calc'], alert: {} }),
  wazuh5('enable', '192.0.2.50 192.0.2.51'),
])('of two addresses neither is taken: %s', (line) => {
  const { requestedBy, address } = parseWazuhMessage(line);
  expect(requestedBy).toBe('operator');
  expect(parseHost(address)).toMatchObject({ refused: expect.stringMatching(/not one plain IP address/) });
});

test('agent_control hands over its address and the words behind it in one text', () => {
  const named = (srcip: string) => parseWazuhMessage(wazuh4('add', { extra_args: [], alert: { data: { srcip } } }));
  expect(named('192.0.2.50 case=77')).toMatchObject({
    requestedBy: 'operator',
    address: '192.0.2.50',
    caseNumber: '77',
  });
  expect(named('192.0.2.50 x=1  case=77').caseNumber).toBe('77');
  for (const text of ['192.0.2.50 192.0.2.51', '192.0.2.50 & calc', '192.0.2.50 case=77 & calc', 'case=77'])
    expect(isRefusal(parseHost(named(text).address))).toBe(true);
});

test.each<[srcip: string, words: object]>([
  ['192.0.2.50 ', {}],
  [' 192.0.2.50', {}],
  ['192.0.2.50  case=77', { caseNumber: '77' }],
  ['192.0.2.50 INC-77', { note: 'INC-77' }],
  ['192.0.2.50 case=', {}],
  ['192.0.2.50 case=77 order=a1 ransomware on pc12', { caseNumber: '77', orderId: 'a1', note: 'ransomware on pc12' }],
])('what agent_control was given counts as with OSSEC: %j', (srcip, words) => {
  const expected = { action: 'add', dialect: 'wazuh', requestedBy: 'operator', address: '192.0.2.50', ...words };
  expect(parseWazuhMessage(wazuh4('add', { extra_args: [], alert: { data: { srcip } } }))).toEqual(expected);
  expect(parseWazuhMessage(wazuh4('add', { extra_args: srcip.split(' '), alert: {} }))).toEqual(expected);
});

test('words without an address leave the one of agent_control, and name nobody in Wazuh 5', () => {
  const parameters = { extra_args: ['INC-77', 'case=77'], alert: { data: { srcip: '192.0.2.50' } } };
  expect(parseWazuhMessage(wazuh4('add', parameters))).toMatchObject({ address: '192.0.2.50', note: 'INC-77' });
  expect(parseWazuhMessage(wazuh5('enable', 'case=77'))).toMatchObject({ requestedBy: 'alert', caseNumber: '77' });
  expect(parseWazuhMessage(wazuh5('enable', '192.0.2.50 ransomware on pc12 order=a1'))).toMatchObject({
    requestedBy: 'operator',
    address: '192.0.2.50',
    orderId: 'a1',
    note: 'ransomware on pc12',
  });
});

test('the address of an alert stands where Wazuh looks for it first', () => {
  const addressOf = (data: object): string =>
    parseWazuhMessage(wazuh4('add', { extra_args: [], alert: { ...alert, data } })).address;
  const [srcip, ipAddress, destinationIp] = ['203.0.113.7', '203.0.113.8', '203.0.113.9'];
  expect(addressOf({ srcip, win: { eventdata: { destinationIp, ipAddress } } })).toBe(ipAddress);
  expect(addressOf({ srcip, win: { eventdata: { destinationIp, ipAddress: 3 } } })).toBe(destinationIp);
  expect(addressOf({ srcip, win: { eventdata: [ipAddress] } })).toBe(srcip);
  expect(addressOf({ srcip, win: { system: { ipAddress } } })).toBe(srcip);
  expect(addressOf({ win: 'none' })).toBe('-');
});

test('an alert stays an alert, whatever extra_args say', () => {
  expect(parseWazuhMessage(wazuh4('add', { extra_args: ['192.0.2.50'], alert }))).toMatchObject({
    requestedBy: 'alert',
    alertId: '1770113472.4242',
    ruleId: '100900',
  });
});

test.each([
  [wazuh5('enable', '192.0.2.50 case=77'), { action: 'add', requestedBy: 'operator', address: '192.0.2.50' }],
  [wazuh5('enable'), { action: 'add', requestedBy: 'alert' }],
  [wazuh5('disable', '192.0.2.50'), { action: 'delete', requestedBy: 'operator' }],
  [wazuh5('disable'), { action: 'delete', requestedBy: 'alert' }],
])('wazuh 5: %s', (line, expected) => {
  const request = parseWazuhMessage(line);
  expect(request).toMatchObject(expected);
  expect(request.address).not.toBe('203.0.113.7');
});

test.each([
  ['not JSON', '{'],
  ['a list', '[]'],
  ['no version', JSON.stringify({ command: 'add', parameters: {} })],
  ['another version', JSON.stringify({ version: 2, command: 'add', parameters: {} })],
  ['an unknown command', wazuh4('block', {})],
  ['the reply of execd', wazuh4('continue', {})],
  ['a command of Wazuh 5 in a message of Wazuh 4', wazuh4('enable', {})],
  ['a command of Wazuh 4 in a message of Wazuh 5', wazuh5('add', '192.0.2.50')],
  ['no parameters', JSON.stringify({ version: 1, command: 'add' })],
  ['the command twice', '{"version":1,"command":"delete","parameters":{},"command":"add"}'],
  ['the command twice, once escaped', '{"version":1,"command":"delete","parameters":{},"c\\u006fmmand":"add"}'],
  [
    'the address twice',
    wazuh4('add', { alert: { data: { srcip: '192.0.2.50' } } }).replace('"srcip"', '"srcip":"1.2.3.4","srcip"'),
  ],
  ['NUL in the line', `${wazuh4('add', {})}\0`],
])('%s is refused', (_what, line) => {
  expect(() => parseWazuhMessage(line)).toThrow(Failure);
});

/** `text` with one key more, in front of the first one of the same name. */
const twice = (text: string, key: string): string => text.replace(`"${key}":`, `"${key}":{},"${key}":`);
const fromAlert = wazuh4('add', { extra_args: [], alert });

test.each([
  ...['version', 'command', 'parameters', 'extra_args', 'alert', 'rule', 'data'].map((key) => [key, fromAlert]),
  ...['wazuh', 'active_response', 'extra_arguments', 'command'].map((key) => [key, wazuh5('enable', '192.0.2.50')]),
])('%s twice is refused, since nobody can tell which one is meant: %s', (key = '', message = '') => {
  expect(parseWazuhMessage(message)).toMatchObject({ action: 'add' });
  expect(() => parseWazuhMessage(twice(message, key))).toThrow(/twice/);
});

test.each([
  ['parameters that are a list', JSON.stringify({ version: 1, command: 'delete', parameters: [] })],
  ['an alert that is a list', wazuh4('delete', { alert: [] })],
  ['an alert that is null', wazuh4('add', { extra_args: ['192.0.2.50'], alert: null })],
  ['extra_args that are a text', wazuh4('add', { extra_args: '192.0.2.50' })],
  ['extra_args with a number', wazuh4('add', { extra_args: ['192.0.2.50', 77] })],
  ['extra_arguments that are a list', wazuh5('enable', ['192.0.2.50'] as unknown as string)],
  ['extra_arguments that are a number', wazuh5('enable', 77 as unknown as string)],
])('%s are refused by name', (_what, line) => {
  expect(() => parseWazuhMessage(line)).toThrow(/parameters|extra_arg/);
});

test.each([null, {}, 'none', 0])('a rule that is %j makes it an alert’s all the same', (rule) => {
  const line = wazuh4('add', { extra_args: ['192.0.2.50'], alert: { rule, data: { srcip: '203.0.113.7' } } });
  expect(parseWazuhMessage(line)).toEqual({
    action: 'add',
    dialect: 'wazuh',
    requestedBy: 'alert',
    address: '203.0.113.7',
  });
});

test.each([
  ['1770113472.4242 x', '5710'],
  ['x1770113472.4242', '5710 0'],
  [1770113472.4242, 5710],
  ['1770113472', 'r5710'],
])('an alert’s id %j and rule %j are taken in their own form only', (id, ruleId) => {
  const request = parseWazuhMessage(wazuh4('add', { alert: { id, rule: { id: ruleId } } }));
  expect(request).not.toHaveProperty('alertId');
  if (ruleId !== '5710') expect(request).not.toHaveProperty('ruleId');
});

test('in Wazuh 5 the words may stand in any order, and a long text is cut', () => {
  expect(parseWazuhMessage(wazuh5('enable', ' case=77  192.0.2.50 '))).toMatchObject({
    address: '192.0.2.50',
    caseNumber: '77',
  });
  expect(parseWazuhMessage(wazuh5('enable', '9'.repeat(1000))).address).toHaveLength(128);
});

test.each([
  ['beside the address', '"srcip":"1.2.3.4","srcip":"5.6.7.8","command":"x\\u0000","command":"y"'],
  ['in a list', '"list":[{"command":1,"command":2,"parameters":1,"parameters":2},[{"version":1,"version":2}]]'],
  ['with no name', '"":{"command":1,"command":2}'],
  ['with a name like a path', '"parameters.alert":1,"parameters.alert":2'],
])('keys that an attacker chose, %s, do not keep a host from being contained', (_where, keys) => {
  const data = `"data":{${keys}}`;
  const line = wazuh4('add', { alert }).replace('"data":{"srcip":"203.0.113.7"}', data);
  expect(parseWazuhMessage(line)).toMatchObject({ action: 'add', requestedBy: 'alert' });
});

test.each(['contain-host', 'command_contain-host'])('an alert from %s is about our own status line', (location) => {
  const line = (where: string) => wazuh4('add', { alert: { ...alert, location: where } });
  expect(parseWazuhMessage(line(location))).toMatchObject({ requestedBy: 'alert', answersStatus: true });
  expect(parseWazuhMessage(line(`/var/log/${location}`))).not.toHaveProperty('answersStatus');
});

test('any text is a request or a failure, never another error', () => {
  const messages = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => `{"version":1,"command":"add","parameters":${json}}`),
  );
  fc.assert(
    fc.property(messages, (line) => {
      try {
        expect(parseWazuhMessage(line).address.length).toBeLessThanOrEqual(128);
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
      }
    }),
    { numRuns: 3000 },
  );
});
