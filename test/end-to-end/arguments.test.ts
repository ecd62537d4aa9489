import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';

/**
 * The arguments that agents and people pass, and what must come of each. The header of the file explains its columns.
 */
const rows = readFileSync(join(__dirname, '../../fixtures/args.tsv'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('id\t'))
  .map((line) => {
    const [id = '', , argv = '', expected = '', normalised = '', , , , , note = ''] = line.split('\t');
    return { id, argv, expected, normalised, note };
  });

const ownAddress = Object.values(networkInterfaces())
  .flatMap((entries) => entries ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** Values too long to write out stand as `{"repeat": [text, count], "then": text}`. */
function argument(value: unknown): string {
  if (typeof value === 'string') return value === '<OWN_ADDRESS>' ? String(ownAddress) : value;
  const { repeat, then = '' } = value as { repeat: [string, number]; then?: string };
  return repeat[0].repeat(repeat[1]) + then;
}

const testable = rows.filter(({ argv }) => ownAddress !== undefined || !argv.includes('<OWN_ADDRESS>'));

test.each(testable)('$id $argv: $expected', async ({ argv, expected, normalised, note }) => {
  const endpoint = new Endpoint(emptyHost());
  try {
    if (note.startsWith('state: contained') || note.startsWith('state: released'))
      await endpoint.run('ADD', '-', '192.168.254.212');
    if (note.startsWith('state: released')) await endpoint.run('DELETE', '-', '-');
    const before = endpoint.machine.fingerprint();
    const lines = endpoint.audit().length;
    const args = (JSON.parse(argv) as unknown[]).map(argument);
    const { exitCode, output } = await endpoint.run(...args);
    const allowed = expected === 'either' ? ['accept', 'reject', 'contain'] : [expected];
    const outcome = exitCode === 0 ? (args[0]?.startsWith('--') ? 'help' : 'accept') : 'reject';
    const address = normalised.split(' ')[1];
    const handlers = handlersOf(endpoint);
    if (expected === 'contain') {
      expect(exitCode).toBe(0);
      expect(handlers).toEqual([]);
    } else {
      expect(allowed).toContain(outcome);
    }
    if (outcome === 'reject') {
      expect(exitCode).toBe(1);
      expect(output).toMatch(/Usage: contain-host/);
      expect(endpoint.audit()).toHaveLength(lines + 1);
    }
    if (outcome !== 'accept' || normalised.startsWith('delete')) {
      if (expected !== 'contain' && !note.startsWith('state: contained'))
        expect(endpoint.machine.fingerprint()).toBe(before);
    } else if (expected === 'accept') expect(handlers).toEqual([address]);
  } finally {
    endpoint.remove();
  }
});

/** The remote addresses of the rules that let a handler in, without their prefixes and masks. */
function handlersOf({ machine }: Endpoint): string[] {
  const rules = Object.values(machine.rules()).filter((rule) => rule.includes('Name=Allow OSSEC Server in/tcp|'));
  return rules.map((rule) => /RA[46]=([^|/]+)/.exec(rule)?.[1] ?? 'anybody');
}
