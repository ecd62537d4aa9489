import fc from 'fast-check';
import { orderLine, ossecJson, record, statusLine, wazuhJson } from '../../fixtures/fleet/alerts';
import { parseJsonAlert, parseRecord, type Report } from '../../src/fleet/alert';
import { HostHistory, type HostRecord } from '../../src/fleet/host-state';

const start = Date.parse('2026-11-25T03:18:00Z');
const at = (minutes: number): Date => new Date(start + minutes * 60_000);
const now = at(24 * 60);
const pc = { name: 'pc' };
const alias = 'contain-host';

/** What a host says: minutes after the start, and the words of an order's line or of a status line. */
type Said = readonly [number, string | Readonly<Record<string, string>>];

function reports(said: readonly Said[]): Report[] {
  return said.map(([minutes, what]) => {
    const time = at(minutes);
    const text =
      typeof what === 'string' ? record(time, pc, orderLine(time, what)) : record(time, pc, statusLine(what), alias);
    const report = parseRecord(text.trimEnd());
    if (report === undefined) throw new Error(`unread: ${text}`);
    return report;
  });
}

function read(all: readonly Report[]): HostRecord | undefined {
  const history = new HostHistory({ name: 'pc' });
  for (const report of all) history.add(report);
  return history.record(now);
}

const contained = 'add - 192.0.2.50 1.0 0 case=77';
const opened = { state: 'opened', since: at(0).toISOString(), case: '77' };

test.each<[string, Said[], object | undefined]>([
  [
    'a case was opened by somebody on the host',
    [
      [0, contained],
      [60, opened],
    ],
    { state: 'opened', since: at(60), handler: '192.0.2.50', caseNumber: '77' },
  ],
  [
    'and contained again',
    [
      [0, contained],
      [60, opened],
      [90, { state: 'contained', case: '77' }],
    ],
    { state: 'contained', since: at(90), handler: '192.0.2.50' },
  ],
  [
    'what could not be judged is no change',
    [
      [0, contained],
      [60, { state: 'unknown' }],
    ],
    { state: 'contained', since: at(0), lastHeard: at(60) },
  ],
  [
    'a word of a later version is no change',
    [
      [0, contained],
      [60, { state: 'toString' }],
    ],
    { state: 'contained' },
  ],
  [
    'gaps came',
    [
      [0, contained],
      [60, { state: 'degraded', case: '77', gaps: 'not-saved open-on-Public' }],
    ],
    { state: 'contained-with-gaps', gaps: ['not-saved', 'open-on-Public'], handler: '192.0.2.50' },
  ],
  [
    'rules are not enforced any more',
    [
      [0, contained],
      [60, { state: 'ineffective', case: '77', gaps: 'profile-off' }],
    ],
    { state: 'not-enforced', gaps: ['profile-off'] },
  ],
  [
    'a step did not end',
    [
      [0, contained],
      [60, { state: 'interrupted', case: '77' }],
    ],
    { state: 'uncertain' },
  ],
  [
    'released, and only status told',
    [
      [0, contained],
      [60, { state: 'released' }],
    ],
    { state: 'released', since: at(60), gaps: [] },
  ],
  [
    'only status tells: the host knows since when',
    [[60, { state: 'contained', case: '9', since: at(5).toISOString() }]],
    { state: 'contained', since: at(5), caseNumber: '9' },
  ],
  [
    'another case than the one of the last order: its handler is not known',
    [
      [0, contained],
      [60, { state: 'contained', case: '9' }],
    ],
    { handler: undefined, caseNumber: '9' },
  ],
  ['a host that only says that nothing is in force', [[60, { state: 'released' }]], undefined],
  [
    'an order that could not be carried out',
    [[0, 'add-failed - 192.0.2.50 1.0 0 exit=4 rolled-back case=77']],
    { state: 'failed', caseNumber: '77' },
  ],
  [
    'the same on a contained host changes nothing',
    [
      [0, contained],
      [60, 'add-failed - 192.0.2.51 1.0 0 exit=4 rolled-back'],
    ],
    { state: 'contained', handler: '192.0.2.50' },
  ],
  [
    'the same after a release',
    [
      [0, contained],
      [9, 'delete - - 1.0 0'],
      [60, 'add-failed - 192.0.2.51 1.0 0 exit=3 no-backup'],
    ],
    { state: 'failed' },
  ],
  [
    'status does not hide an order that failed',
    [
      [0, 'add-failed - x 1.0 0 exit=4 rolled-back'],
      [60, { state: 'released' }],
    ],
    { state: 'failed' },
  ],
  [
    'a copy of an order',
    [
      [0, contained],
      [1, 'add-started - 192.0.2.50 1.0 0 not-carried-out-again order=1'],
    ],
    { state: 'contained', since: at(0) },
  ],
  [
    'an order is at work, the first one',
    [[24 * 60 - 1, 'add-started - 192.0.2.50 1.0 0 case=77']],
    { state: 'at-work', handler: '192.0.2.50', caseNumber: '77' },
  ],
  [
    'an order without an outcome',
    [
      [0, contained],
      [60, 'add-started - 192.0.2.50 1.0 0'],
    ],
    { state: 'unanswered', since: at(60) },
  ],
  [
    'which status told later',
    [
      [60, 'add-started - 192.0.2.50 1.0 0'],
      [66, { state: 'contained' }],
    ],
    { state: 'contained', since: at(66) },
  ],
  [
    'a release that ended half-way',
    [
      [0, contained],
      [60, 'delete-failed - - 1.0 0 exit=7 open'],
    ],
    { state: 'uncertain', handler: '192.0.2.50' },
  ],
  [
    'an alert asked for the release of an open host',
    [
      [0, contained],
      [60, 'delete-failed - - 1.0 5712 held-by-operator not-contained'],
    ],
    { state: 'opened' },
  ],
  ['an alert contained it', [[0, 'add - - 1770113472.4242 5712']], { state: 'contained', requestedBy: 'alert' }],
])('%s', (_what, said, expected) => {
  const found = read(reports(said));
  if (expected === undefined) expect(found).toBeUndefined();
  else expect({ handler: undefined, ...found }).toMatchObject(expected);
});

test('a host whose clock is a day ahead does not hide what it says next', () => {
  const line = orderLine(at(24 * 60), contained);
  const wrong = parseRecord(record(at(0), pc, line).trimEnd());
  const after = reports([[60, opened]]);
  expect(read([...(wrong === undefined ? [] : [wrong]), ...after])).toMatchObject({ state: 'opened', since: at(60) });
});

test('every form of a status line is read', () => {
  const raw = JSON.stringify({ contain_host: opened });
  const status = { state: 'opened', caseNumber: '77', since: at(0), gaps: [] };
  const agent = { id: '011', name: 'pc' };
  expect(parseJsonAlert(wazuhJson(at(1), agent, raw, 'command_contain-host'))).toMatchObject({
    status,
    heardAt: at(1),
    origin: agent,
  });
  expect(parseJsonAlert(wazuhJson(at(1), agent, statusLine(opened), alias))).toMatchObject({ status });
  expect(parseJsonAlert(ossecJson(at(1), pc, statusLine(opened), alias))).toMatchObject({
    status,
    heardAt: at(1),
    origin: pc,
  });
});

test.each([
  ['another log', '/var/log/syslog'],
  ['a log that is called so', '/home/mallory/contain-host'],
  ['the log of active responses', 'active-response\\active-responses.log'],
  ['another command', 'df -P'],
])('a status line in %s counts for nothing', (_what, place) => {
  expect(parseRecord(record(at(1), pc, statusLine(opened), place).trimEnd())).toBeUndefined();
});

test('control characters of a hostile host reach no terminal', () => {
  const hostile = '\u001b]0;owned\u0007';
  expect(
    parseRecord(record(at(0), pc, orderLine(at(0), `add - 192.0.2.50 1.0 0 gaps=${hostile}`)).trimEnd()),
  ).toBeUndefined();
  expect(parseRecord(record(at(0), pc, orderLine(at(0), `add\u009b2J - 192.0.2.50 1.0 0`)).trimEnd())).toBeUndefined();
  const named = parseJsonAlert(wazuhJson(at(0), { id: '011', name: `pc${hostile}` }, orderLine(at(0), contained)));
  expect(named?.origin.name).toBe('pc ]0;owned');
  const gaps = parseRecord(
    record(at(0), pc, statusLine({ state: 'degraded', gaps: `fine ${hostile}` }), alias).trimEnd(),
  );
  expect(gaps).toMatchObject({ status: { gaps: ['fine'] } });
});

const said = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 20 }),
    fc.constantFrom<Said[1]>(
      contained,
      'delete - - 1.0 0',
      'add-ineffective - 192.0.2.50 1.0 0 exit=9',
      opened,
      { state: 'released' },
      { state: 'contained', case: '77' },
    ),
  ),
  { maxLength: 30 },
);

/** One thing a minute, in order: two at one time have no order of their own. */
const inOrder = said.map((list) => [...new Map(list.map((one) => [one[0], one])).values()].sort((a, b) => a[0] - b[0]));

test('in whatever order alerts are written, the state is that of the last one', () => {
  const mixed = inOrder.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(fc.property(mixed, ([one, other]) => read(reports(other))?.state === read(reports(one))?.state));
});

test('where threads write neighbours the wrong way round, the whole story is the same', () => {
  fc.assert(
    fc.property(inOrder, fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (list, swaps) => {
      const pairs = Array.from({ length: Math.ceil(list.length / 2) }, (_, index) =>
        list.slice(2 * index, 2 * index + 2),
      );
      const swapped = pairs.flatMap((pair, index) => (swaps[index] ? pair.toReversed() : pair));
      expect(read(reports(swapped))).toEqual(read(reports(list)));
    }),
  );
});
