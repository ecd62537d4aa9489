import fc from 'fast-check';
import { parseOssecArguments } from '../../src/request/ossec';
import type { Request } from '../../src/request/request';

const byServer = '(from_the_server) (no_rule_id)';

/** The order in the words, or what they are instead. */
function read(...args: readonly string[]): Request | string | undefined {
  const understood = parseOssecArguments(args);
  return understood?.kind === 'order' ? understood.request : understood?.kind;
}

function readAdd(...rest: readonly string[]): Request | string | undefined {
  return read('add', '-', '192.0.2.50', ...rest);
}

test.each(['add', 'ADD', 'Add'])('the verb %s is understood', (verb) => {
  expect(read(verb, '-', '192.0.2.50')).toMatchObject({ action: 'add', address: '192.0.2.50' });
});

test.each([[[]], [['block', '-', '192.0.2.50']], [['-', 'add', '192.0.2.50']]])(
  '%j is not the ossec dialect',
  (args) => {
    expect(parseOssecArguments(args)).toBeUndefined();
  },
);

const operator = { requestedBy: 'operator', address: '192.0.2.50' };

test.each<[rest: string[], words: object]>([
  [[], {}],
  [['case=77'], { caseNumber: '77' }],
  [['case=77', 'order=a1.7'], { caseNumber: '77', orderId: 'a1.7' }],
  [['case=77 order=a1.7'], { caseNumber: '77', orderId: 'a1.7' }],
  [[' '], {}],
  [['case='], {}],
  [['case=a/b', 'case=8'], { caseNumber: '8' }],
  [[byServer], {}],
  [['(from_the_server)', '(no_rule_id)'], {}],
  [['', '(from_the_server)', '(no_rule_id)'], {}],
  [[` ${byServer} `], {}],
  [[`case=77 ${byServer}`], { caseNumber: '77' }],
  [['case=77', '(from_the_server)', '(no_rule_id)'], { caseNumber: '77' }],
  [[` case=77   ${byServer}`], { caseNumber: '77' }],
  [[`INC-77 ${byServer}`], { note: 'INC-77' }],
  [[`case= ${byServer}`], {}],
  [[`x=1 case=IR-2026_7.a ${byServer}`], { caseNumber: 'IR-2026_7.a' }],
  [[`case=77 ransomware on pc12 ${byServer}`], { caseNumber: '77', note: 'ransomware on pc12' }],
  [
    ['ransomware', 'on', 'case=77', 'pc12', '(from_the_server)', '(no_rule_id)'],
    { caseNumber: '77', note: 'ransomware on pc12' },
  ],
  [[`order=20261130-1 case=77 ${byServer}`], { orderId: '20261130-1', caseNumber: '77' }],
  [[`--help ${byServer}`], { note: '--help' }],
  [[`5710 ${byServer}`], { note: '5710' }],
  [[`see 1598432109.123456 5710 ${byServer}`], { note: 'see 1598432109.123456 5710' }],
  [[`${'word '.repeat(30)}${byServer}`], { note: 'word '.repeat(30).trim() }],
  [[`${'x'.repeat(900)} ${byServer}`], { note: 'x'.repeat(200) }],
  [[`a\u001b[31m\r\nb ${byServer}`], { note: 'a [31m b' }],
])('%j is an operator’s', (rest, words) => {
  expect(readAdd(...rest)).toEqual({ action: 'add', dialect: 'ossec', ...operator, ...words });
  expect(read('DELETE', '-', '192.0.2.50', ...rest)).toMatchObject({ action: 'delete', ...operator, ...words });
});

test.each([
  ['192.0.2.50 ', byServer],
  ['', `192.0.2.50 ${byServer}`],
  ['', '192.0.2.50', '(from_the_server)', '(no_rule_id)'],
  [' 192.0.2.50'],
])('blanks around the address do not matter: %j', (...words) => {
  expect(read('add', '-', ...words)).toMatchObject(operator);
});

const cut = 'add '.repeat(225);

test.each<string[]>([
  ['add', '-', '192.0.2.50', '1598432109.123456 5710 (host1) 10.0.0.5->/var/log/secure (null)'],
  ['add', '-', '192.0.2.50', '1598432109.123456', '5710', '/var/log/auth.log'],
  ['add', 'x', '203.0.113.66', '192.0.2.50 1598432109.1 5712 (h) any->/var/log/secure (null)'],
  ['add', 'a b', '203.0.113.66', 'c', 'd', '192.0.2.50', '1598432109.1', '5712', '(h)'],
  ['add', 'CORP" 192.0.2.50 1598432109.1', '18152', '(h)', 'any->WinEvtLog', '-'],
  ['add', 'CORP" 192.0.2.50 1598432109.1 18152 (h) any->WinEvtLog -'],
  ['add', '--help', '192.0.2.50', '1598432109.1 5712 x'],
  ['add', '-', 'help', '1598432109.1 5712 help'],
  ['add', '-', '192.0.2.50', `1598432109.1 5712 (h) any->${byServer} \\(from_the_server\\)\\ \\(no_rule_id\\)`],
  ['add', '-', '192.0.2.50', `1598432109.1 5712 ${byServer} -`],
  ['add', '-', '192.0.2.50', ...Array.from({ length: 25 }, (_, index) => `word${index}`)],
  ['add', '-', '192.0.2.50', Array.from({ length: 25 }, (_, index) => `case=${index}`).join(' ')],
  ['add', '-', '192.0.2.50', cut],
  ['add', '-', '192.0.2.50', 'x'.repeat(900)],
  ['add', 'x'.repeat(950)],
  ['add', 'x'.repeat(950), '-'],
])('%j comes from an alert, and is never refused', (...args) => {
  expect(read(...args)).toMatchObject({ action: 'add', requestedBy: 'alert' });
  expect(read('delete', ...args.slice(1))).toMatchObject({ action: 'delete', requestedBy: 'alert' });
});

test.each<string[]>([
  ['add', '-', '192.0.2.50', '--dry-run'],
  ['add', '-', '192.0.2.50', '--json'],
  ['add', '-', '192.0.2.50', '192.0.2.51'],
  ['add', '-', '192.0.2.50', 'case=77', '--force'],
  ['add', '-', '192.0.2.50', 'any', 'more', 'words'],
  ['add', '-', '192.0.2.50', 'any more words'],
  ['add', '-', '192.0.2.50', `${byServer} 5710`],
  ['add', '-', '192.0.2.50', `${byServer} -`],
  ['add', '-', '192.0.2.50', '1598432109 5710'],
  ['add', '-', '192.0', '2', '50'],
  ['add', '-', '192.0.2.50', '1598432109.1 192.0.2.51'],
  ['add', '-', '192.0.2.50', ...Array.from({ length: 24 }, (_, index) => `word${index}`)],
  ['add', '-', '192.0.2.50', 'x'.repeat(800)],
  ['add', '-', '192.0.2.50', '(from_the_server)'],
  ['add', '--help', '192.0.2.50', 'x'],
  ['add', '192.0.2.50'],
  ['add', '-'],
  ['add'],
])('%j is neither: a person’s slip changes nothing', (...args) => {
  expect(read(...args)).toBe('refused');
  expect(read('delete', ...args.slice(1))).toBe('refused');
});

test.each<string[]>([
  ['--help'],
  ['-h'],
  ['help'],
  ['/?'],
  ['-', '--help'],
  ['-', 'HELP'],
  ['help', '192.0.2.50'],
  ['-', '192.0.2.50', '--help'],
  ['-', '192.0.2.50', 'case=77', '-h'],
  ['-', '192.0.2.50', '--force', '/?'],
])('behind ADD or DELETE %j asks for help', (...words) => {
  expect(read('ADD', ...words)).toBe('help');
  expect(read('delete', ...words)).toBe('help');
});

test('words for help are a user and an address where a rest follows', () => {
  expect(read('add', 'help', '192.0.2.50', byServer)).toMatchObject(operator);
  expect(read('add', 'help', '192.0.2.50', 'case=7')).toMatchObject(operator);
  expect(read('add', '-', '--help', byServer)).toMatchObject({ requestedBy: 'operator', address: '--help' });
});

test('no word that an attacker brings along makes an alert an operator’s, or has it refused', () => {
  const word = fc.oneof(
    fc.constantFrom('(from_the_server)', '(no_rule_id)', 'case=77', 'x=1', '-', '(null)', '', 'help', '--help'),
    fc.string({ maxLength: 12 }),
  );
  // analysisd always writes the id and the rule of the alert, and escapes the file's name
  // (src/analysisd/alerts/exec.c).
  const file = fc
    .string({ minLength: 1, maxLength: 20 })
    .map((name) => name.replace(/[^\w./-]/g, (sign) => `\\${sign}`));
  fc.assert(
    fc.property(fc.array(word), fc.array(word), file, fc.boolean(), (before, behind, name, isSplit) => {
      const rest = [...before, '1598432109.123456', '5710', ...behind, name].join(' ');
      const request = read('add', '-', '192.0.2.50', ...(isSplit ? rest.split(' ') : [rest]));
      expect(request).toMatchObject({ requestedBy: 'alert' });
      expect(request).not.toHaveProperty('caseNumber');
    }),
    { numRuns: 2000 },
  );
});

test('what stands before the end that the server writes never takes the order from an operator', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 40 }), (words) => {
      expect(readAdd(`${words.join(' ')} ${byServer}`)).toMatchObject(operator);
    }),
    { numRuns: 1000 },
  );
});

test('a word by hand that is no pair changes nothing, whatever it is', () => {
  const words = fc.array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(words, (rest) => {
      const isPairs = rest
        .join(' ')
        .split(/\s+/)
        .every((word) => word === '' || /^[A-Za-z][\w-]*=\S*$/.test(word));
      fc.pre(!isPairs);
      expect(['refused', 'help']).toContain(readAdd(...rest));
    }),
    { numRuns: 2000 },
  );
});

test('any words are an order, help, a reason, or no verb: never an error, and nothing that was not given', () => {
  const word = fc.oneof(
    fc.constantFrom('add', 'DELETE', '-', '(null)', byServer, '192.0.2.50', 'case=77', '--worker', '', '\0', '\r\n'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom('add', 'Delete'), word), fc.array(word, { maxLength: 7 }), (verb, more) => {
      const understood = parseOssecArguments([verb, ...more]);
      expect(understood !== undefined).toBe(/^(add|delete)$/i.test(verb));
      if (understood?.kind !== 'order') return;
      expect(understood.request.action).toBe(verb.toLowerCase());
      expect(more.join(' ')).toContain(understood.request.address);
    }),
    { numRuns: 3000 },
  );
});

test('an alert is known by its id and rule', () => {
  const rest = '1598432109.123456 5710 (host1) 10.0.0.5->/var/log/secure (null)';
  expect(read('add', '-', '-', rest)).toMatchObject({ alertId: '1598432109.123456', ruleId: '5710' });
});

test.each(['1598432109.1234567890123 5710 x', 'x 1598432109.123456 5710'])('in %s the id is not taken', (rest) => {
  expect(read('add', '-', '-', rest)).not.toHaveProperty('alertId');
});

test.each([
  '1598432109.123456 100951 (pc) any->contain-host (null)',
  '1598432109.123456 100951 (pc) 10.0.0.5->command_contain-host -',
])('an alert about our own status line is known by where it came from: %s', (rest) => {
  expect(read('add', '-', '-', rest)).toMatchObject({ requestedBy: 'alert', answersStatus: true });
});

test.each([
  '1598432109.123456 550 (pc) any->syscheck /tmp/(x) y->contain-host',
  '1598432109.123456 100951 (pc) any->/tmp/x->contain-host (null)',
  '1598432109.123456 100951 (pc) any->contain-host-log (null)',
  'x 1598432109.123456 100951 (pc) any->contain-host (null)',
])('what somebody else could have written does not pass for it: %s', (rest) => {
  expect(read('add', '-', '-', rest)).not.toHaveProperty('answersStatus');
});

test('a long address is cut: it has to travel in an argument', () => {
  expect(read('add', '-', '9'.repeat(5000))).toMatchObject({ requestedBy: 'operator', address: '9'.repeat(128) });
});

test.each(['case=', 'case=a/b', `case=${'7'.repeat(65)}`, 'case=7;calc'])('%s is no case number', (word) => {
  expect(readAdd(`${word} ${byServer}`)).not.toHaveProperty('caseNumber');
});

test('a refusal names the word, without anything that a terminal would act on', () => {
  const reasonOf = (...rest: string[]) => parseOssecArguments(['ADD', '-', '192.0.2.50', ...rest]);
  expect(reasonOf('--dry-run')).toMatchObject({ reason: expect.stringMatching(/"--dry-run".*contain-host plan/) });
  expect(reasonOf('192.0.2.51')).toMatchObject({
    reason: expect.stringMatching(/"192\.0\.2\.51" is a second address/),
  });
  expect(reasonOf(`\u001b]0;x\u0007${'y'.repeat(100)}`)).toMatchObject({
    reason: expect.not.stringMatching(/\p{C}|y{41}/u),
  });
});
