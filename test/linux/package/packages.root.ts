import { nftVersions } from '../nft-versions';
import { type Built, Successor, shipped } from './built';
import { ThrowawayRoot } from './throwaway-root';

const program = '/var/ossec/active-response/bin/contain-host';
const second = '/var/ossec/active-response/bin/release-host';
const unit = '/usr/lib/systemd/system/contain-host.service';
const state = '/var/lib/contain-host';
const configuration = '<ossec_config><client><server-ip>10.0.0.5</server-ip></client></ossec_config>';

let next: Successor;
beforeAll(() => {
  next = new Successor();
});
afterAll(() => next.remove());

let root: ThrowawayRoot;
beforeEach(async () => {
  root = await new ThrowawayRoot().open();
  root.sh(`rm -rf /var/ossec ${state}`);
});
afterEach(() => root.close());

function installAgent(group: 'ossec' | 'wazuh'): void {
  root.sh(`groupadd --system ${group}
    mkdir -p /var/ossec/etc /var/ossec/logs /var/ossec/active-response/bin
    chgrp -R ${group} /var/ossec
    chmod 0750 /var/ossec/active-response/bin
    echo '${configuration}' > /var/ossec/etc/ossec.conf`);
}

function contain(): void {
  root.sh(`${program} ADD - 192.0.2.50`);
  expect(rules()).toContain('contain_host');
}

/** Everybody's rules, with the handles that a rule loaded once more would not keep. */
const rules = (): string => root.sh('nft -a list ruleset');
const exists = (file: string): boolean => root.run(['test', '-e', file]).exitCode === 0;

function expectOwner(group: string): void {
  expect(root.sh(`stat -c '%a %U:%G' ${program} ${second}`)).toBe(`750 root:${group}\n750 root:${group}`);
  expect(root.sh(`stat -c %i ${program} ${second} | uniq | wc -l`)).toBe('1');
}

describe('the .deb', () => {
  const dpkg = (args: readonly string[], env = {}) => root.run(['dpkg', ...args], env);
  const install = ({ deb }: Built) => dpkg(['-i', root.bring(deb)]);

  function expectInstalled(version: string): void {
    const status = root.sh('dpkg -s contain-host');
    expect(status).toMatch(/^Status: \S+ ok installed$/m);
    expect(status).toContain(`Version: ${version}`);
  }

  test.each(['ossec', 'wazuh'] as const)('goes to an agent of the group %s, and contains nobody', (group) => {
    installAgent(group);
    expect(install(shipped)).toMatchObject({ exitCode: 0 });
    expectOwner(group);
    expect(root.sh('stat -c %a:%G /var/ossec/active-response/bin')).toBe(`750:${group}`);
    expect(root.run(['/usr/sbin/contain-host', '--version'])).toMatchObject({ exitCode: 0 });
    expect(root.sh('zcat /usr/share/man/man8/contain-host.8.gz')).toContain('.TH CONTAIN-HOST 8');
    expect(exists('/usr/share/bash-completion/completions/contain-host')).toBe(true);
    expect(root.sh('systemctl is-enabled contain-host.service')).toBe('enabled');
    expect(rules()).toBe('');
  });

  test('the log for answers is there from the beginning, in the hands of the agent, and one that is there is left alone', () => {
    const log = '/var/ossec/logs/active-responses.log';
    installAgent('ossec');
    root.sh('useradd --system --gid ossec --no-create-home ossec');
    expect(install(shipped)).toMatchObject({ exitCode: 0 });
    expect(root.sh(`stat -c '%a %U:%G %s' ${log}`)).toBe('660 ossec:ossec 0');
    root.sh(`rm ${log} && ln -s /etc/gone ${log}`);
    expect(install(next)).toMatchObject({ exitCode: 0 });
    expect(exists('/etc/gone')).toBe(false);
  });

  test.each(nftVersions.map((version) => [version.name, version] as const))(
    'with the nft of %s: contained, again after a restart by the unit, and released',
    (_name, { program: nft }) => {
      installAgent('wazuh');
      expect(install(shipped)).toMatchObject({ exitCode: 0 });
      root.sh(`cp ${nft} /usr/sbin/nft`);
      contain();
      expect(root.sh(`${program} status --expect contained`)).toContain('This host is CONTAINED');
      const before = root.sh('nft list ruleset');
      root.sh(`nft flush ruleset
        command=$(sed -n "s/^ExecStart=//p" ${unit})
        eval "$command"`);
      expect(root.sh('nft list ruleset')).toBe(before);
      root.sh(`${program} DELETE - -`);
      expect(rules()).toBe('');
    },
  );

  test('without an agent it is for root alone, and says what is missing', () => {
    const { exitCode, text } = install(shipped);
    expect(exitCode).toBe(0);
    expect(text).toContain('Install the agent');
    expectOwner('root');
  });

  test('without nft nothing is done, and it says what to install', () => {
    installAgent('wazuh');
    expect(install(shipped)).toMatchObject({ exitCode: 0 });
    root.sh('mv /usr/sbin/nft /usr/sbin/nft.gone');
    const { exitCode, text } = root.run([program, 'ADD', '-', '192.0.2.50']);
    expect(exitCode).toBe(2);
    expect(text).toContain('Install the package nftables');
  });

  describe('on a contained host', () => {
    beforeEach(() => {
      installAgent('wazuh');
      expect(install(shipped)).toMatchObject({ exitCode: 0 });
      contain();
    });

    test('it stays, and says how to release', () => {
      const before = rules();
      const { exitCode, text } = dpkg(['--remove', 'contain-host']);
      expect(exitCode).not.toBe(0);
      expect(text).toContain(`${program} DELETE - -`);
      expect(text).toContain('RELEASE=1 apt-get remove contain-host');
      expectInstalled(shipped.version);
      expectOwner('wazuh');
      expect(rules()).toBe(before);
    });

    test.each([
      ['the rules and evidence are all that is left', `find ${state} -name evidence -prune -o -type f -exec rm {} +`],
      ['a case is open whose rules somebody flushed', `nft flush ruleset; rm ${state}/contained.nft`],
      ['the next start would contain it', `nft flush ruleset; rm ${state}/journal.jsonl`],
    ])('it stays too while %s', (_what, change) => {
      root.sh(change);
      expect(dpkg(['--remove', 'contain-host']).exitCode).not.toBe(0);
      root.sh(`${second} ADD - -`);
      expect(dpkg(['--remove', 'contain-host'])).toMatchObject({ exitCode: 0 });
    });

    test('an upgrade changes neither the containment nor what the administrator decided about the unit', () => {
      expect(root.sh(`${program} status`)).toContain('a containment survives it');
      root.sh('systemctl --quiet disable contain-host.service');
      expect(root.sh(`${program} status`)).toContain('LIFTS a containment');
      const before = rules();
      expect(install(next)).toMatchObject({ exitCode: 0 });
      expectInstalled(next.version);
      expectOwner('wazuh');
      expect(rules()).toBe(before);
      expect(root.run(['systemctl', 'is-enabled', 'contain-host.service']).text.trim()).toBe('disabled');
    });

    test('RELEASE=1 releases first, and leaves the agent, the journals and the rules of others', () => {
      root.sh('nft add table ip somebody');
      expect(dpkg(['--remove', 'contain-host'], { RELEASE: '1' })).toMatchObject({ exitCode: 0 });
      expect(root.sh('nft list ruleset')).toBe('table ip somebody {\n}');
      expect([program, second, unit].filter(exists)).toEqual([]);
      expect(exists('/var/ossec/etc/ossec.conf')).toBe(true);
      expect(root.sh(`ls ${state}`)).toContain('journal-');
      expect(dpkg(['--purge', 'contain-host'])).toMatchObject({ exitCode: 0 });
      expect(exists(state)).toBe(false);
    });

    test.each([0, 7])('it stays when RELEASE=1 does not release, even if that ends with exit code %i', (exitCode) => {
      // A new file: the one that is there may still run, collecting evidence.
      root.sh(`printf '#!/bin/sh\\nexit ${exitCode}\\n' > ${program}.new`);
      root.sh(`chmod 755 ${program}.new && mv ${program}.new ${program}`);
      const before = rules();
      expect(dpkg(['--remove', 'contain-host'], { RELEASE: '1' }).exitCode).not.toBe(0);
      expectInstalled(shipped.version);
      expect(rules()).toBe(before);
    });

    test('a flush by somebody else shows, and the next order contains it again', () => {
      root.sh('nft flush ruleset');
      expect(root.sh(`${program} status`)).toContain('somebody else changed the firewall');
      contain();
      expect(root.sh(`${program} status --expect contained`)).toContain('This host is CONTAINED');
    });

    test('a saved file that somebody took away shows, and the next order puts it there', () => {
      const file = `${state}/contained.nft`;
      const before = rules();
      root.sh(`rm ${file}`);
      expect(root.sh(`${program} status --expect degraded`)).toContain('LIFTS a containment: see the gap not-saved');
      expect(root.sh(`${program} status --json`)).toContain('"survivesRestart": false');
      expect(root.run([program, 'doctor']).text).toMatch(/^warning +restart .*no file .*contained\.nft/m);
      contain();
      expect(exists(file)).toBe(true);
      expect(rules()).toBe(before);
      expect(root.sh(`${program} status --expect contained`)).toContain('a containment survives it');
      // Root writes everywhere; a folder in the way stops him.
      root.sh(`rm ${file} && mkdir ${file}.new`);
      expect(root.run([program, 'ADD', '-', '192.0.2.50'])).toMatchObject({
        exitCode: 6,
        text: expect.stringContaining('[not-saved]') as string,
      });
    });

    test('its unit contains the host again after a restart, unless it was released before', () => {
      const start = (): void => {
        root.sh(`nft flush ruleset
          command=$(sed -n "s/^ExecStart=//p" ${unit})
          eval "$command"`);
      };
      root.sh(`systemd-analyze verify ${unit}`);
      const before = root.sh('nft list ruleset');
      start();
      expect(root.sh('nft list ruleset')).toBe(before);
      root.sh(`${program} DELETE - -`);
      start();
      expect(rules()).toBe('');
    });
  });
});

describe('the tarball', () => {
  const unpack = (built: Built): string => {
    root.sh(`tar -C /tmp -xf ${root.bring(built.tarball)}`);
    return `/tmp/contain-host-${built.version}`;
  };

  test('installs, upgrades a contained host without a change, and goes only with a release', () => {
    installAgent('wazuh');
    const folder = unpack(shipped);
    expect(root.run(['sh', `${folder}/install.sh`])).toMatchObject({
      exitCode: 0,
      text: expect.stringMatching(/Next: restart the agent .*contain-host doctor/) as string,
    });
    expect(root.sh('readlink /usr/sbin/contain-host')).toBe(program);
    expectOwner('wazuh');
    // Without systemd at work no unit was enabled.
    expect(root.run([program, 'ADD', '-', '192.0.2.50'])).toMatchObject({
      exitCode: 6,
      text: expect.stringContaining('[not-saved]') as string,
    });
    const before = rules();
    expect(root.run(['sh', `${unpack(next)}/install.sh`])).toMatchObject({ exitCode: 0 });
    const refused = root.run(['sh', `${folder}/uninstall.sh`]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.text).toContain(`RELEASE=1 sh ${folder}/uninstall.sh`);
    expect(rules()).toBe(before);
    expectOwner('wazuh');
    expect(root.run(['sh', `${folder}/uninstall.sh`], { RELEASE: '1' })).toMatchObject({ exitCode: 0 });
    expect(rules()).toBe('');
    expect([program, second, '/usr/local/share/man/man8/contain-host.8'].filter(exists)).toEqual([]);
    expect(root.run(['test', '-L', '/usr/sbin/contain-host']).exitCode).toBe(1);
    expect(root.sh(`ls ${state}`)).toContain('journal-');
  });

  test('changes nothing where there is no agent', () => {
    const { exitCode, text } = root.run(['sh', `${unpack(shipped)}/install.sh`]);
    expect(exitCode).toBe(1);
    expect(text).toContain('Install the agent first');
    expect(exists('/var/ossec')).toBe(false);
  });
});
