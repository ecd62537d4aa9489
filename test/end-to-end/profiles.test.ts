import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import type { Profile } from '../../fixtures/standin/traffic';

const handler = '192.0.2.50';
let endpoint: Endpoint;
afterEach(() => endpoint.remove());

/** A host in these networks, on which group policy switches the firewall off in the public profile. */
function start(currentProfiles: readonly Profile[], language: 'en' | 'de' = 'en'): Endpoint['machine'] {
  endpoint = new Endpoint(typicalHost());
  endpoint.machine.configure({ currentProfiles, language });
  endpoint.machine.setProfileValue('public', 'EnableFirewall', 0, 'gpo');
  return endpoint.machine;
}

const shows = (): number => endpoint.machine.calls().filter(({ argv }) => argv.includes('show')).length;
const status = async (): Promise<{ state: string; gaps: { code: string }[] }> =>
  JSON.parse((await endpoint.run('status', '--json')).output);

test.each(['en', 'de'] as const)(
  'a profile that stays open and is not in force: contained, and told loudly (%s)',
  async (language) => {
    start(['domain'], language);
    const { exitCode, output } = await endpoint.run('ADD', '-', handler);
    expect(exitCode).toBe(6);
    expect(output).toContain('Sealed in Domain and Private, OPEN in Public');
    expect(output).toContain('[open-on-Public]');
    expect(endpoint.audit().at(-1)).toContain('gaps=open-on-Public');
    expect((await status()).state).toBe('degraded');
  },
);

test.each([
  [['public'], 'en'],
  [['domain', 'public'], 'de'],
] as const)('a profile that stays open and is in force, %j: not contained', async (current, language) => {
  start(current, language);
  const { exitCode, output } = await endpoint.run('ADD', '-', handler);
  expect(exitCode).toBe(9);
  expect(output).toContain('NOT CONTAINED');
  expect(output).toContain('[profile-off-on-Public]');
});

test.each(['fail', 'garble', 'hang', 'crash'] as const)(
  'what cannot be told counts as in force: netsh %s',
  async (kind) => {
    const machine = start(['domain']);
    machine.setFaults({ kind, match: 'show' });
    expect(await endpoint.call({ args: ['ADD', '-', handler], timeouts: { netsh: 4000 } })).toMatchObject({
      exitCode: 9,
    });
  },
);

test('status tells when the open profile is entered', async () => {
  const machine = start(['private']);
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 6 });
  machine.configure({ currentProfiles: ['public'] });
  expect(await status()).toMatchObject({ state: 'ineffective', gaps: [{ code: 'profile-off-on-Public' }] });
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 9 });
});

test('it is looked once more after the block, and not at all where nothing is open', async () => {
  const machine = start(['domain']);
  await endpoint.run('ADD', '-', handler);
  expect(shows()).toBe(8);
  machine.setProfileValue('public', 'EnableFirewall', 1, 'gpo');
  machine.forgetCalls();
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(shows()).toBe(0);
});
