import { PlayedFleet } from '../../fixtures/fleet/played-fleet';
import { type Agent, select } from '../../src/fleet/agent';

/** The server's own agent first, as both servers list it, and whom people mix up. */
const all: readonly Agent[] = [
  { id: '000', name: 'pc-server (server)', groups: ['sales'] },
  { id: '001', name: 'pc-1', groups: ['default', 'sales'] },
  { id: '002', name: 'PC-2', groups: ['default'] },
  { id: '011', name: 'pc-11', groups: ['sales'] },
  { id: '012', name: 'web.example', groups: [] },
  { id: '013', name: 'web-example', groups: [] },
  { id: '014', name: 'twin', groups: [] },
  { id: '015', name: 'twin', groups: [] },
  { id: '016', name: '11', groups: [] },
  { id: '1017', name: 'a[1]', groups: [] },
].map((agent) => ({ ...agent, address: 'any', connection: 'Active' }));

const server = /000 is the server itself/;
const nobody = /^No agent is called/;

test.each<[string, string[], string[] | RegExp]>([
  ['a number', ['011'], ['011']],
  ['a number without its zeros', ['11'], ['011']],
  ['a number with more of them', ['00011'], ['011']],
  ['a number of four digits', ['1017'], ['1017']],
  ['a name', ['pc-1'], ['001']],
  ['a name in capitals', ['PC-1'], ['001']],
  ['a name in small letters', ['pc-2'], ['002']],
  ['a dot that is a dot', ['web.example'], ['012']],
  ['brackets that are brackets', ['a[1]'], ['1017']],
  ['the same agent three times', ['11', '011', 'pc-11'], ['011']],
  ['an agent and a pattern that means it too', ['1', 'pc-*'], ['001', '002', '011']],
  ['several, in the order of their numbers', ['web.example', '1'], ['001', '012']],
  ['a star', ['pc-*'], ['001', '002', '011']],
  ['a question mark', ['pc-?'], ['001', '002']],
  ['every agent, and not the server', ['*'], ['001', '002', '011', '012', '013', '014', '015', '016', '1017']],
  ['a pattern that means the server alone', ['*(server)'], nobody],
  ['the server by its name', ['pc-server (server)'], nobody],
  ['a pattern with brackets', ['pc-[12]'], nobody],
  ['a pattern with braces', ['pc-{1,2}*'], nobody],
  ['a pattern with a dot', ['web.*'], ['012']],
  ['a group', ['group:sales'], ['001', '011']],
  ['a group that nobody is in', ['group:nobody'], nobody],
  ['a group without a name', ['group:'], nobody],
  ['a group with a star, which is no pattern of groups', ['group:*'], nobody],
  ['the server, in one digit', ['0'], server],
  ['the server, in two', ['00'], server],
  ['the server, in three', ['000'], server],
  ['the server, in many', ['0000000'], server],
  ['the server among others', ['11', '000'], server],
  ['a number below nothing', ['-11'], nobody],
  ['a number with a point', ['11.0'], nobody],
  ['a number of another kind', ['0x0b'], nobody],
  ['a range', ['1-11'], nobody],
  ['a list', ['001,011'], nobody],
  ['nothing', [''], nobody],
  ['a blank', [' '], nobody],
  ['a number with a blank', ['11 '], nobody],
  ['a word that looks like an option of ours', ['handler=192.0.2.50'], nobody],
  ['all', ['all'], nobody],
  ['a name that two agents have', ['twin'], /the agents 014 and 015: give a number/],
  ['one good and one bad', ['11', 'nobody'], nobody],
])('%s', (_what, words, expected) => {
  const selection = select(all, words);
  if (expected instanceof RegExp) expect(selection).toEqual({ refusal: expect.stringMatching(expected) });
  else expect(selection).toMatchObject({ agents: expected.map((id) => ({ id })) });
});

test('no pattern takes long, whatever stands in it', () => {
  const before = process.cpuUsage().user;
  select(
    Array.from({ length: 500 }, (_, index) => ({
      ...(all[1] as Agent),
      id: `${index + 1}`,
      name: 'a'.repeat(128),
    })),
    [`${'*a'.repeat(40)}*b`],
  );
  expect(process.cpuUsage().user - before).toBeLessThan(5e6);
});

describe('a line that a person may type', () => {
  const agents = ['001', '002', '003'].map((id) => ({ id, name: `pc-${id}` }));
  const played = new PlayedFleet(agents, () => []);
  afterAll(() => played.remove());
  const handler = '--handler 192.0.2.50';

  test.concurrent.each<[string, number, RegExp]>([
    ['', 1, /What is the fleet to do\? There are contain, release, status/],
    ['containn 1', 1, /does not know "containn"/],
    ['contain', 1, /Which agents\?/],
    [`contain ${handler}`, 1, /Which agents\?/],
    [
      'contain 1',
      1,
      /^Without --handler IP nobody .* Nothing was changed\.\nUsage: contain-host fleet \(contain AGENT[^\n]*\n$/,
    ],
    ['contain 1 --handler', 1, /lacks its value/],
    ['contain 1 --handler=', 1, /^"" is no address of a handler: .*\nUsage: /],
    ['contain 1 --handler 127.0.0.1', 1, /is no address of a handler/],
    ['contain 1 --handler 192.0.2.0/24', 1, /is no address of a handler/],
    [`contain 1 ${handler} --handler 192.0.2.51`, 1, /--handler is given twice/],
    [`contain 1 ${handler} --case 7;7`, 1, /is no case number/],
    [`contain 1 ${handler} --wait 0`, 1, /--wait takes a whole number/],
    [`contain 1 ${handler} --wait -5`, 1, /has no option "-5"/],
    [`contain 1 ${handler} --wait 5m`, 1, /--wait takes a whole number/],
    [`contain 1 ${handler} --yes=2`, 1, /The words mean 1 agents, not 2/],
    [`contain pc-* ${handler} --yes=2`, 1, /The patterns mean 3 agents, not 2/],
    [`contain pc-* ${handler} --yes=03 --dry-run`, 0, /-u 003 /],
    [`contain pc-* ${handler} --yes=all`, 1, /--yes takes a whole number/],
    [`contain pc-* ${handler} --yes`, 1, /lacks its value/],
    [`contain 1 ${handler} --token-file /x`, 1, /are for the Wazuh API/],
    [`contain group:x ${handler}`, 1, /Only the Wazuh API knows groups/],
    [`CONTAIN 1 ${handler} --dry-run`, 0, /-u 001 -f contain-host0 -b "192\.0\.2\.50 order=/],
    [`contain 1 01 pc-001 ${handler} --dry-run`, 0, /^[^\n]+\n$/],
    ['release 1 --dry-run', 0, /-u 001 -f release-host0 -b "- order=/],
    ['release 000 --dry-run', 1, /is the server itself/],
    ['status all', 1, /status does not take "all"/],
    ['status --html', 1, /lacks its value/],
    ['status --since 0', 1, /--since takes a whole number/],
  ])('fleet %s', async (line, code, reason) => {
    const { exitCode, stdout, stderr } = await played.fleet(line.split(' ').filter(Boolean));
    expect({ exitCode, said: stdout + stderr }).toEqual({ exitCode: code, said: expect.stringMatching(reason) });
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
    expect(played.copies).toEqual([]);
  });
});
