import fc from 'fast-check';
import { auditLine } from '../../../src/outcome/output/audit';
import type { Request } from '../../../src/request/request';

const now = new Date('2026-11-25T03:18:00.000Z');
const request: Request = { action: 'add', dialect: 'ossec', requestedBy: 'operator', address: '192.0.2.50' };

/** OSSEC's ar_log decoder (etc/decoder.xml, 3.6 and newer), prematch and fields. */
const ossecDecoder =
  /^[A-Za-z0-9@_-]{3} [A-Za-z0-9@_-]+?[ ]+?\d+? \d{2}:\d{2}:\d{2} [A-Za-z0-9@_-]+? \d+? \/\S+\/active-response\/bin\/(\S+) (\S+) - (\S+) (\d+?\.\d+?) (\d+)/;
/** Wazuh's JSON decoder (0010-active-response_decoders.xml). */
const wazuhDecoder = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/\S+: (.*)$/;

test('the line is the one that the server reads', () => {
  expect(auditLine('windows', { status: 'add', request, words: [] }, now)).toBe(
    'Wed Nov 25 03:18:00 UTC 2026 /ossec-agent/active-response/bin/contain-host.exe add - 192.0.2.50 1795576680.0 0',
  );
});

test('an alert is named by its own id and rule, and words follow what the decoder reads', () => {
  const entry = {
    status: 'add-degraded',
    request: { ...request, address: '-', alertId: '1598432109.123456', ruleId: '5710', caseNumber: '77' },
    words: ['exit=6', 'gaps=foreign-rule'],
  } as const;
  const fields = ossecDecoder.exec(auditLine('linux', entry, now))?.slice(1);
  expect(fields).toEqual(['contain-host', 'add-degraded', '-', '1598432109.123456', '5710']);
  expect(auditLine('linux', entry, now)).toMatch(/ exit=6 gaps=foreign-rule case=77$/);
});

test('in the wazuh dialect it is JSON with the address as the first key of data', () => {
  const line = auditLine(
    'windows',
    { status: 'delete', request: { ...request, action: 'delete', dialect: 'wazuh' }, words: [] },
    now,
  );
  const json = wazuhDecoder.exec(line)?.[1] ?? '';
  expect(JSON.parse(json)).toMatchObject({
    command: 'delete',
    status: 'delete',
    parameters: { program: 'active-response/bin/contain-host.exe' },
  });
  expect(json).toContain('"data":{"srcip":"192.0.2.50"');
});

test.each(['ossec', 'wazuh'] as const)('no text from outside forges a line or a field (%s)', (dialect) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (address) => {
      const line = auditLine(
        'windows',
        { status: 'add-failed', request: { ...request, dialect, address }, words: [] },
        now,
      );
      expect(line.split(/[\r\n\u0085\u2028]/)).toHaveLength(1);
      if (dialect === 'ossec') expect(ossecDecoder.exec(line)?.[5]).toBe('0');
      else expect(JSON.parse(wazuhDecoder.exec(line)?.[1] ?? '')).toMatchObject({ status: 'add-failed' });
    }),
  );
});
