import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
let before = '';
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
  before = endpoint.machine.fingerprint();
});
afterEach(() => endpoint.remove());

const add = (id: string, handler = '192.0.2.50') => endpoint.run('ADD', '-', handler, `order=${id}`);
const release = (id: string) => endpoint.run('DELETE', '-', '-', `order=${id}`);
const changesNothing = { exitCode: 0, output: expect.stringMatching(/Nothing was changed/) };

test('an order with an id is carried out once, and the id stands in its lines', async () => {
  expect(await add('1764485000.7')).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Contained/) });
  expect(endpoint.audit()).toEqual([
    expect.stringMatching(/ add-started - 192\.0\.2\.50 \d+\.0 0 order=1764485000\.7$/),
    expect.stringMatching(/ add - 192\.0\.2\.50 \d+\.0 0 block-ms=\d+ evidence=\S+ order=1764485000\.7$/),
  ]);
  const contained = endpoint.machine.fingerprint();
  expect(await add('1764485000.7', '192.0.2.51')).toMatchObject(changesNothing);
  expect(endpoint.machine.fingerprint()).toBe(contained);
  expect(endpoint.audit().at(-1)).toMatch(/ not-carried-out-again order=1764485000\.7$/);
});

test('one that is late does not undo what was ordered since', async () => {
  expect(await add('1764485001.1')).toMatchObject({ exitCode: 0 });
  expect(await release('1764485000.9')).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/older than 1764485001\.1/),
  });
  expect(await release('1764485001.2')).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Released/) });
  expect(await add('1764485001.1')).toMatchObject(changesNothing);
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test("the fleet's ids are in order too: a copy and one that is late change nothing, and say so", async () => {
  const [early, late] = ['1764485001000-ffffffff', '1764485002000-00000000'] as const;
  expect(await add(late)).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Contained/) });
  const contained = endpoint.machine.fingerprint();
  expect(await add(late, '192.0.2.51')).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/^The order 1764485002000-00000000 was carried out before/),
  });
  expect(await release(early)).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/^The order 1764485001000-ffffffff is older than 1764485002000-00000000/),
  });
  expect(endpoint.machine.fingerprint()).toBe(contained);
  expect(endpoint.audit().at(-1)).toMatch(/ delete-failed - .* not-carried-out-again order=1764485001000-ffffffff$/);
});

test('two orders of one millisecond have no order, and neither have ids of two forms', async () => {
  expect(await add('1764485001000-ffffffff')).toMatchObject({ exitCode: 0 });
  expect(await release('1764485001000-00000000')).toMatchObject({ output: expect.stringMatching(/^Released/) });
  // A script that counts in seconds, beside the fleet's milliseconds.
  expect(await add('1764485001')).toMatchObject({ output: expect.stringMatching(/^Contained/) });
  expect(await release('1764485002')).toMatchObject({ output: expect.stringMatching(/^Released/) });
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test('ids that are no numbers have no order: each is carried out, once', async () => {
  for (const id of ['zulu', '9f3a', 'alpha-2']) {
    expect(await add(id)).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Contained/) });
    expect(await release(`${id}-r`)).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Released/) });
  }
  expect(await add('zulu')).toMatchObject(changesNothing);
});

test('an order that failed may come again under its id', async () => {
  endpoint.machine.setFaults({ kind: 'fail', match: 'export' });
  expect(await add('5')).toMatchObject({ exitCode: 3 });
  endpoint.machine.setFaults();
  expect(await add('5')).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Contained/) });
});

test('all lines of an order have the same id, however long it takes', async () => {
  endpoint.machine.setFaults({ kind: 'slow', ms: 1500, match: 'policy', tool: 'netsh', nth: 1 });
  await endpoint.run('ADD', '-', '192.0.2.50');
  const ids = endpoint.audit().map((line) => / (\d+\.0) 0/.exec(line)?.[1]);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});
