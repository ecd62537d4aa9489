import fc from 'fast-check';
import { parseOssecArguments } from '../../src/request/ossec';

const operatorRest = '(from_the_server) (no_rule_id)';

test.each(['add', 'ADD', 'Add'])('the verb %s is understood', (verb) => {
  expect(parseOssecArguments([verb, '-', '192.0.2.50'])).toMatchObject({ action: 'add', address: '192.0.2.50' });
});

test.each([[], ['add'], ['add', '-'], ['block', '-', '192.0.2.50'], ['-', 'add', '192.0.2.50']])(
  '%j is not the ossec dialect',
  (...args) => {
    expect(parseOssecArguments(args)).toBeUndefined();
  },
);

test.each([
  [[]],
  [[operatorRest]],
  [['(from_the_server)', '(no_rule_id)']],
  [[`case=77 ${operatorRest}`]],
  [['case=77', '(from_the_server)', '(no_rule_id)']],
])('%j comes from an operator', (rest) => {
  expect(parseOssecArguments(['add', '-', '192.0.2.50', ...rest])?.requestedBy).toBe('operator');
});

test.each([
  [['1598432109.123456 5710 (host1) 10.0.0.5->/var/log/secure (null)']],
  [['1598432109.123456', '5710', '/var/log/auth.log']],
  [['192.0.2.50 1598432109.1 5712 (h) any->/var/log/secure (null)']],
  [['any', 'more', 'words']],
  [[`5710 ${operatorRest}`]],
  [[`${operatorRest} 5710`]],
  [[`${operatorRest} -`]],
])('%j comes from an alert', (rest) => {
  expect(parseOssecArguments(['add', '-', '192.0.2.50', ...rest])?.requestedBy).toBe('alert');
});

test('no word that an alert brings along makes it an operator’s, wherever it stands', () => {
  const word = fc.oneof(
    fc.constantFrom('(from_the_server)', '(no_rule_id)', 'case=77', 'x=1', '-', '(null)', ''),
    fc.string({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(word), fc.array(word), fc.boolean(), (before, behind, isSplit) => {
      // analysisd always writes the id and the rule of the alert (ossec-hids src/analysisd/alerts/exec.c).
      const rest = [...before, '1598432109.123456', '5710', ...behind].join(' ');
      const args = ['add', '-', '192.0.2.50', ...(isSplit ? rest.split(' ') : [rest])];
      const request = parseOssecArguments(args);
      expect(request?.requestedBy).toBe('alert');
      expect(request).not.toHaveProperty('caseNumber');
    }),
    { numRuns: 2000 },
  );
});

test('any arguments are another command, or an order in which nothing stands but the words that were given', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'add',
      'DELETE',
      '-',
      '(null)',
      operatorRest,
      '192.0.2.50',
      'case=77',
      '--worker',
      '',
      '\0',
      '\r\n',
    ),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom('add', 'Delete'), word), fc.array(word, { maxLength: 7 }), (verb, more) => {
      const args = [verb, ...more];
      const request = parseOssecArguments(args);
      const isOrder = args.length >= 3 && /^(add|delete)$/i.test(verb);
      expect(request !== undefined).toBe(isOrder);
      if (request === undefined) return;
      expect(request.action).toBe(verb.toLowerCase());
      expect(String(args[2])).toContain(request.address);
    }),
    { numRuns: 3000 },
  );
});

test('an alert is known by its id and rule', () => {
  const rest = '1598432109.123456 5710 (host1) 10.0.0.5->/var/log/secure (null)';
  expect(parseOssecArguments(['add', '-', '-', rest])).toMatchObject({ alertId: '1598432109.123456', ruleId: '5710' });
});

test.each(['x1598432109.123456 5710', '1598432109.123456x 5710', '1598432109 5710', '1598432109.1234567890123 5710'])(
  'in %s there is no id of an alert',
  (rest) => {
    expect(parseOssecArguments(['add', '-', '-', rest])).not.toHaveProperty('alertId');
  },
);

test.each(['1598432109.123456 5710;x', '1598432109.123456 r5710', '1598432109.123456 5710571057'])(
  'in %s there is no number of a rule',
  (rest) => {
    expect(parseOssecArguments(['add', '-', '-', rest])).not.toHaveProperty('ruleId');
  },
);

test('a long address is cut: it has to travel in an argument', () => {
  expect(parseOssecArguments(['add', '-', '9'.repeat(1000)])?.address).toHaveLength(128);
});

test('the case number is the only word of the rest that counts', () => {
  const request = parseOssecArguments(['add', '-', '192.0.2.50', `x=1 case=IR-2026_7.a ${operatorRest}`]);
  expect(request).toEqual({
    action: 'add',
    dialect: 'ossec',
    requestedBy: 'operator',
    address: '192.0.2.50',
    caseNumber: 'IR-2026_7.a',
  });
});

test.each(['case=', 'case=a/b', `case=${'7'.repeat(65)}`, 'case=7;calc'])('%s is no case number', (word) => {
  expect(parseOssecArguments(['add', '-', '192.0.2.50', `${word} ${operatorRest}`])).not.toHaveProperty('caseNumber');
});
