import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hosts, Lab } from './lab/lab';
import type { Ran } from './lab/protocol';
import { allTalks, answered, talks, unanswered } from './lab/scene';
import { nftVersions } from './nft-versions';
import { executable } from './package/built';

/**
 * What every nft has to do, by packets: contain, take a second handler, an alert, a restart and an upgrade, and give
 * back.
 */
const [first] = nftVersions;
const lab = new Lab(first?.program);
afterAll(() => lab.remove());

const containHost = (...args: readonly string[]): Promise<Ran> =>
  lab.host('endpoint').run('env', `OSSECPATH=${lab.home}`, executable, ...args);
const done = { exitCode: 0 };
const alert = ['1795576680.1234', '100201'];
const state = async (): Promise<unknown> => {
  const { state: said, gaps } = JSON.parse((await containHost('status', '--json')).output) as Record<string, unknown>;
  return { state: said, gaps };
};
const whole = { state: 'contained', gaps: [] };
const serverTalk = () =>
  (['ip4', 'ip6'] as const)
    .flatMap((family) => talks('endpoint', 'server', family))
    .filter(({ port, protocol }) => port === 1514 && protocol !== 'icmp');

beforeAll(async () => {
  lab.start();
  writeFileSync(
    join(lab.home, 'etc', 'ossec.conf'),
    `<ossec_config><client><server-ip>${hosts.server.ip4}</server-ip><server-ip>${hosts.server.ip6}</server-ip></client></ossec_config>\n`,
  );
  const names = ['endpoint', 'handler', 'second', 'server', 'attacker'] as const;
  await Promise.all(names.map((name) => lab.host(name).serve([22, 1514], [53, 1514, 5000])));
});

test.each(nftVersions.map((version, index) => [version.name, version, nftVersions[index + 1] ?? first] as const))(
  'the nft of %s',
  async (_name, version, next) => {
    lab.useNft(version.program);
    expect(await containHost('ADD', '-', hosts.handler.ip4)).toMatchObject(done);
    expect(await state()).toEqual(whole);
    expect(await unanswered(lab, [...serverTalk(), ...talks('handler', 'endpoint', 'ip4')])).toEqual([]);
    expect(await answered(lab, [...allTalks('endpoint', 'attacker'), ...allTalks('endpoint', 'second')])).toEqual([]);

    expect(await containHost('ADD', '-', hosts.second.ip4)).toMatchObject(done);
    expect(await containHost('ADD', '-', hosts.attacker.ip4, ...alert)).toMatchObject(done);
    expect(await unanswered(lab, [...serverTalk(), ...talks('second', 'endpoint', 'ip4')])).toEqual([]);
    expect(await answered(lab, [...allTalks('endpoint', 'attacker'), ...allTalks('endpoint', 'handler')])).toEqual([]);

    // A restart, and then another nft.
    lab.nft('endpoint', 'flush ruleset\n');
    const load = [version.program, '-f', join(lab.stateFolder, 'contained.nft')];
    expect(await lab.host('endpoint').run(...load)).toMatchObject(done);
    expect(await state()).toEqual(whole);
    lab.useNft(next?.program ?? '');
    expect(await state()).toEqual(whole);
    expect(await containHost('ADD', '-', hosts.second.ip4, ...alert)).toMatchObject(done);
    expect(await answered(lab, allTalks('endpoint', 'attacker'))).toEqual([]);

    expect(await containHost('DELETE', '-', '-')).toMatchObject(done);
    expect(await unanswered(lab, allTalks('endpoint', 'attacker'))).toEqual([]);
    expect(lab.nft('endpoint', '', 'list', 'ruleset')).toBe('');
  },
);

test('without the right to change the firewall nothing is done, and the message names that right', async () => {
  lab.useNft(first?.program ?? '');
  const bare = ['setpriv', '--bounding-set=-net_admin', 'env', `OSSECPATH=${lab.home}`];
  const { exitCode, output } = await lab.host('endpoint').run(...bare, executable, 'ADD', '-', hosts.handler.ip4);
  expect([exitCode, output]).toEqual([2, expect.stringContaining('CAP_NET_ADMIN')]);
});

test.each([
  ['a program that never answers', 'exec sleep 600', 2],
  ['a program that is broken', 'echo broken >&2; exit 127', 2],
])('%s in the place of nft: nothing is done, and that is said', async (_what, line, code) => {
  const fake = join(lab.folder, 'fake-nft');
  writeFileSync(fake, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  lab.useNft(fake);
  const { exitCode, output } = await containHost('ADD', '-', hosts.handler.ip4);
  expect([exitCode, output]).toEqual([code, expect.stringContaining('othing was changed')]);
  expect(lab.nft('endpoint', '', 'list', 'ruleset')).toBe('');
});
