import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

/** As the agent writes it, in local time. */
function hear(time: Date): void {
  const digits = (number: number): string => String(number).padStart(2, '0');
  const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(digits).join('-');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(digits).join(':');
  writeFileSync(join(endpoint.home, 'wazuh-agent.state'), `status='connected'\nlast_ack='${day} ${clock}'\n`);
}

const status = async () => JSON.parse((await endpoint.run('status', '--json')).output);

test('status says whether the agent has heard from its server since the cut, and how long the cut took', async () => {
  hear(new Date(Date.now() - 60_000));
  expect(await status()).toMatchObject({ heard: { at: expect.any(String) } });
  await endpoint.run('ADD', '-', '192.0.2.50');
  expect(endpoint.audit().at(-1)).toMatch(/ add - 192\.0\.2\.50 \d+\.0 0 block-ms=\d+ evidence=\S+$/);
  const blockMs = Number(/block-ms=(\d+)/.exec(endpoint.audit().at(-1) ?? '')?.[1]);
  const contained = await status();
  expect(contained).toMatchObject({ heard: { sinceCut: false }, times: { blockMs } });
  expect(contained.times.exposureMs).toBeLessThanOrEqual(blockMs);
  expect((await endpoint.run('status')).output).toMatch(/Heard +NOT since the cut; last \d+ s ago/);
  hear(new Date(Date.now() + 2000));
  expect(await status()).toMatchObject({ heard: { sinceCut: true } });
  expect((await endpoint.run('status')).output).toMatch(/Heard +from its server \d+ s ago/);
});

test('an agent of OSSEC writes it down now and then only, so nothing is claimed', async () => {
  await endpoint.run('ADD', '-', '192.0.2.50');
  expect(await status()).toMatchObject({ heard: { at: null, sinceCut: null } });
});
