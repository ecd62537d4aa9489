import { readFileSync } from 'node:fs';
import { SocketAddress } from 'node:net';
import { join } from 'node:path';
import { outcomeOf } from '../agent-home';

const folder = join(__dirname, '../../../fixtures/conf');

/** The rows of the table by the names in its first line; lines with # explain it. */
function readTable(): Record<string, string>[] {
  const lines = readFileSync(join(folder, 'expected.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [names = [], ...rows] = lines.map((line) => line.split('\t'));
  return rows.map((cells) => Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])));
}

/** A cell with a list; `-` is an empty one. */
const list = (cell = '-'): string[] => (cell === '-' ? [] : cell.split(' '));

/** `host:NAME|PORT|PROTOCOL` with the address that the name has here; the address in its shortest spelling. */
function expectServer(text: string, addressOf: (name: string) => string): string {
  const [host = '', port, protocol] = text.split('|');
  const address = host.startsWith('host:') ? addressOf(host.slice('host:'.length)) : host;
  const canonical = address.includes(':') ? new SocketAddress({ address, family: 'ipv6' }).address : address;
  return `${canonical}|${port}|${protocol === 'def' ? 'tcp+udp' : protocol}`;
}

test.each(readTable())('$file: $contain_host $contain_servers', async (row) => {
  const names: string[] = [];
  const addressOf = (name: string): string => {
    if (!names.includes(name)) names.push(name);
    return `198.18.0.${names.indexOf(name) + 1}`;
  };
  const asked: string[] = [];
  const outcome = await outcomeOf(readFileSync(join(folder, row.file ?? '')), async (name) => {
    asked.push(name);
    return [addressOf(name)];
  });

  if (typeof outcome === 'string') {
    expect(outcome).toMatch(/^(no-server|bad-configuration)$/);
    expect(['REFUSE', 'EITHER']).toContain(row.contain_host);
  } else {
    expect(row.contain_host).not.toBe('REFUSE');
    expect(outcome).toEqual(list(row.contain_servers).map((text) => expectServer(text, addressOf)));
  }
  const used = [...asked, ...(typeof outcome === 'string' ? [] : outcome.map((server) => server.split('|')[0]))];
  for (const decoy of list(row.must_not_use)) expect(used).not.toContain(decoy);
});

test.each(readTable().filter((row) => row.contain_servers?.includes('host:')))(
  '$file without DNS: the names are left out',
  async (row) => {
    const literal = list(row.contain_servers).filter((text) => !text.startsWith('host:'));
    const wanted = literal.map((text) => expectServer(text, String));
    const outcome = await outcomeOf(readFileSync(join(folder, row.file ?? '')));
    if (typeof outcome === 'string') expect(wanted.length === 0 || row.contain_host === 'EITHER').toBe(true);
    else expect(outcome).toEqual(wanted);
  },
);
