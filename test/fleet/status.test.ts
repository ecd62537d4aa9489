import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FleetServer } from '../../fixtures/fleet/server';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const hour = 3600_000;
let server: FleetServer;
beforeEach(() => {
  server = new FleetServer([]);
});
afterEach(() => server.remove());

const now = Math.floor(Date.now() / 1000) * 1000;
const ago = (hours: number): Date => new Date(now - hours * hour);

/** The line that an agent writes, as in docs/ossec.md. */
function line(at: Date, said: string): string {
  const [weekday, day, month, year, time] = at.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day} ${time} UTC ${year} /ossec-agent/active-response/bin/contain-host.exe ${said}`;
}

const log = 'active-response\\active-responses.log';

function record(at: Date, name: string, text: string, file = log): string {
  const seconds = at.getTime() / 1000;
  const [, day, month, year, time] = at.toUTCString().replace(',', '').split(' ');
  return `** Alert ${seconds}.77: mail  - local,active_response,contain_host,\n${year} ${month} ${day} ${time} (${name}) any->${file}\nRule: 100901 (level 8) -> 'contain-host: host contained'\nSrc IP: 192.0.2.50\n${text}\n\n`;
}

const fileOf = (at: Date, ending: string): string =>
  join(
    String(at.getFullYear()),
    months[at.getMonth()] ?? '',
    `ossec-alerts-${String(at.getDate()).padStart(2, '0')}.${ending}`,
  );

type Row = { name: string; state: string; handler?: string; caseNumber?: string; gaps: string[]; since: string };
const rows = (...args: string[]): Row[] => JSON.parse(server.fleet('status', '--json', ...args).stdout) as Row[];

test('each host is what it said last, sorted by what needs somebody', () => {
  const said = [
    record(ago(30), 'released', line(ago(30), 'add - 192.0.2.50 1795576680.0 0 case=1')),
    record(ago(29), 'released', line(ago(29), 'delete - - 1795576690.0 0 case=1')),
    record(ago(28), 'held', line(ago(28), 'add - 192.0.2.51 1795576680.0 0 case=77')),
    record(
      ago(27),
      'gaps',
      line(ago(27), 'add-degraded - 192.0.2.50 1795576680.0 0 exit=6 gaps=foreign-rule,not-saved'),
    ),
    record(ago(26), 'open', line(ago(26), 'add-ineffective - 192.0.2.50 1795576680.0 0 exit=9 gaps=outbound-allowed')),
    record(ago(25), 'silent', line(ago(25), 'add-started - 192.0.2.50 1795576680.0 0')),
    record(ago(24), 'refused', line(ago(24), 'add-failed - x 1795576680.0 0 exit=1 bad-address')),
    record(ago(23), 'held', line(ago(23), 'add-failed - 192.0.2.52 1795576680.0 0 exit=8 busy')),
  ];
  server.keep(fileOf(ago(26), 'log'), said.join(''));
  expect(rows().map(({ name, state, handler, caseNumber, gaps }) => [name, state, handler, caseNumber, gaps])).toEqual([
    ['open', 'not-enforced', '192.0.2.50', undefined, ['outbound-allowed']],
    ['silent', 'unanswered', '192.0.2.50', undefined, []],
    ['gaps', 'contained-with-gaps', '192.0.2.50', undefined, ['foreign-rule', 'not-saved']],
    ['held', 'contained', '192.0.2.51', '77', []],
    ['refused', 'refused', undefined, undefined, []],
    ['released', 'released', undefined, undefined, []],
  ]);
});

test('compressed days, both forms of alerts, and lines in the wrong order are one story', () => {
  server.keep(fileOf(ago(72), 'log.gz'), gzipSync(record(ago(72), 'pc', line(ago(72), 'add - 192.0.2.50 1.0 0'))));
  const json = (text: string): string =>
    `${JSON.stringify({ rule: { sidid: 100905 }, id: '1.1', location: `(pc) any->${log}`, full_log: text })}\n`;
  server.keep(
    fileOf(ago(2), 'json'),
    json(line(ago(1), 'delete - - 1.0 0')) + json(line(ago(2), 'add-degraded - 192.0.2.50 1.0 0 gaps=not-saved')),
  );
  server.keep(fileOf(ago(2), 'log'), record(ago(1), 'pc', line(ago(1), 'delete - - 1.0 0')));
  expect(rows()).toMatchObject([{ name: 'pc', state: 'released', since: ago(1).toISOString() }]);
});

test("Wazuh's form: the agent is known by its number", () => {
  const at = ago(5);
  const stamp = at.toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  const said = {
    version: 1,
    command: 'add',
    parameters: { alert: { data: { srcip: '192.0.2.50' } } },
    status: 'add',
    detail: '',
    case: '9',
  };
  const alert = {
    timestamp: at.toISOString(),
    agent: { id: '011', name: 'PC-11', ip: '10.1.2.11' },
    location: log,
    full_log: `${stamp} active-response/bin/contain-host.exe: ${JSON.stringify(said)}`,
  };
  server.keep(fileOf(at, 'json'), `${JSON.stringify(alert)}\n`);
  expect(rows()).toMatchObject([
    { agent: '011', name: 'PC-11', state: 'contained', caseNumber: '9', handler: '192.0.2.50' },
  ]);
});

test('what is no line of an agent in its own log counts for nothing', () => {
  const text = line(ago(3), 'add - 192.0.2.50 1.0 0');
  server.keep(
    fileOf(ago(3), 'log'),
    [
      record(ago(3), 'forged', text, '/var/log/syslog'),
      record(ago(3), 'behind', `another line\n${text}`),
      record(ago(3), 'bad name\u001b[31m', text),
      record(ago(3), 'torn', text).slice(0, 60),
      `not an alert at all: contain-host\n\n`,
      record(ago(3), 'pc', text),
      record(ago(3), 'cut', text).slice(0, -30),
    ].join(''),
  );
  expect(rows().map(({ name }) => name)).toEqual(['pc']);
});

test('a compressed file that is cut is read as far as it goes, and that is said', () => {
  const whole = gzipSync(record(ago(50), 'pc', line(ago(50), 'add - 192.0.2.50 1.0 0')) + 'x'.repeat(1e6));
  server.keep(fileOf(ago(50), 'log.gz'), whole.subarray(0, whole.length - 20));
  const { exitCode, stderr } = server.fleet('status');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/ossec-alerts-\d\d\.log\.gz cannot be read to its end/);
});

test('alerts that cannot be read are no proof that nobody is contained', () => {
  server.keep(String(new Date(now).getFullYear()), 'a file where a folder should be');
  const { exitCode, stdout, stderr } = server.fleet('status');
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/cannot be read: .*\n.*nothing is known of any host/);
});

test('only the days that were asked for are read', () => {
  server.keep(fileOf(ago(24 * 10), 'log'), record(ago(240), 'pc', line(ago(240), 'add - 192.0.2.50 1.0 0')));
  expect(rows('--since', '3')).toEqual([]);
  expect(rows('--since', '20d')).toHaveLength(1);
});

test('the page holds every host, nothing from outside, and no text as markup', () => {
  const at = ago(4);
  const alert = {
    agent: { id: '011', name: '<script>alert(1)</script>' },
    location: log,
    full_log: line(at, 'add - 192.0.2.50 1.0 0 gaps=<b>'),
  };
  server.keep(fileOf(at, 'json'), `${JSON.stringify(alert)}\n`);
  const file = join(server.home, 'page.html');
  expect(server.fleet('status', '--html', file)).toMatchObject({ exitCode: 0, stdout: '' });
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
  expect(page).not.toMatch(/<script|<link|src=|href=|url\(/);
});

test('elsewhere than on a server there is a sentence', () => {
  writeFileSync(join(server.home, 'unused'), '');
  const { stderr, exitCode } = server.fleet('status', '--since', 'x');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/--since takes a whole number/);
});
