import fc from 'fast-check';
import { parseLine } from '../../src/fleet/line';
import { auditLine, type Status } from '../../src/outcome/output/audit';

const word = fc.stringMatching(/^[a-z0-9=.,-]{1,20}$/).filter((text) => !/^(case|order)=/.test(text));
const entry = fc.record({
  status: fc.constantFrom<Status>(
    'add-started',
    'add',
    'add-degraded',
    'add-ineffective',
    'add-failed',
    'delete',
    'delete-failed',
  ),
  words: fc.array(word, { maxLength: 5 }),
  caseNumber: fc.option(fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/), { nil: undefined }),
  address: fc.constantFrom('192.0.2.50', '2001:db8::1', '-'),
  dialect: fc.constantFrom('ossec' as const, 'wazuh' as const),
  platform: fc.constantFrom('windows' as const, 'linux' as const),
  seconds: fc.integer({ min: 946_684_800, max: 4_102_444_800 }),
});

test('every line that an agent writes is read back', () => {
  fc.assert(
    fc.property(entry, ({ status, words, caseNumber, address, dialect, platform, seconds }) => {
      const at = new Date(seconds * 1000);
      const request = { action: 'add' as const, dialect, address, ...(caseNumber === undefined ? {} : { caseNumber }) };
      expect(parseLine(auditLine(platform, { status, request, words }, at))).toEqual({
        at,
        status,
        address,
        requestedBy: 'operator',
        words,
        ...(caseNumber === undefined ? {} : { caseNumber }),
      });
    }),
  );
});

test('whatever else is a line is no line of ours', () => {
  fc.assert(fc.property(fc.string({ maxLength: 5000 }), (text) => parseLine(text) === undefined));
});
