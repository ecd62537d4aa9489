import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A server by name, on hosts whose /etc/hosts is odd: each has an /etc of its own over this machine's. */
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hosts-'));
  for (const folder of ['etc', 'logs', 'upper', 'work']) mkdirSync(join(home, folder));
  const server = '<server><address>ossec.server.test</address><protocol>udp</protocol></server>';
  writeFileSync(join(home, 'etc', 'ossec.conf'), `<ossec_config><client>${server}</client></ossec_config>\n`);
  const line = 'INFO: Connected to ossec.server.test at address 10.0.0.5, port 1514';
  writeFileSync(join(home, 'logs', 'ossec.log'), `2026/11/24 10:00:00 ${line}\n`);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const program = `'${process.execPath}' '${resolve('dist', 'contain-host.js')}'`;

/** What an ADD and a DELETE come to where the file was made so before them, and where this was done in between. */
function containedBetween(before: string, between = ':'): string {
  const script = `
    mount -t tmpfs none /var/lib
    mount -t overlay -o lowerdir=/etc,upperdir="$OSSECPATH/upper",workdir="$OSSECPATH/work" overlay /etc
    rm -f /etc/resolv.conf; echo nameserver 192.0.2.53 > /etc/resolv.conf
    printf '127.0.0.1 localhost\\n' > /etc/hosts
    ${before}
    sum() { timeout 5 sh -c '[ -p /etc/hosts ] || sha256sum < /etc/hosts'; ls -l /etc/hosts | cut -c 1; }
    was=$(sum)
    timeout 25 ${program} ADD - 192.0.2.50; echo "ADD ended with $?"
    nft list chain inet contain_host output | grep -c policy.drop
    [ "$was" = "$(sum)" ] && echo untouched || { echo changed; grep -c 'ossec.server.test # contain-host' /etc/hosts; }
    ${between}
    timeout 25 ${program} DELETE - -; echo "DELETE ended with $?"
    [ "$was" = "$(sum)" ] && echo 'as it was' || cat /etc/hosts
    chattr -ia /etc/hosts 2>/dev/null; :`;
  const { stdout, stderr } = spawnSync('unshare', ['--net', '--mount', 'sh', '-c', script], {
    encoding: 'utf8',
    env: { ...process.env, OSSECPATH: home },
  });
  return stdout + stderr;
}

test.each<[string, string, RegExp]>([
  ['that cannot be changed', 'chattr +i /etc/hosts', /dns-open/],
  ['that can only be appended to', 'chattr +a /etc/hosts', /dns-open/],
  ['that is huge', 'truncate -s 100M /etc/hosts', /dns-open/],
  ['that is no text', "printf 'MZ\\0\\0' > /etc/hosts", /dns-open/],
  ['that is a link', 'mv /etc/hosts /etc/there; ln -s there /etc/hosts', /dns-open/],
  ['that is a link to nowhere', 'ln -sf nowhere /etc/hosts', /dns-open/],
  ['that is a pipe', 'rm /etc/hosts; mkfifo /etc/hosts', /dns-open/],
  ["that is somebody else's", 'chown 33 /etc/hosts', /dns-open/],
])('a file %s is left alone: contained, DNS open, and that is told', (_what, make, gap) => {
  const told = containedBetween(make);
  expect(told).toMatch(gap);
  expect(told).toMatch(/ADD ended with 6\n1\nuntouched\n/);
  expect(told).toMatch(/DELETE ended with 0\nas it was\n/);
});

test.each<[string, string, RegExp]>([
  ['a file of 10 MB', 'seq 400000 | sed "s/^/192.0.2.9 host/" >> /etc/hosts', /changed\n1\n/],
  ['a file that is not there', 'rm /etc/hosts', /changed\n1\n/],
])('%s takes the names, and comes back as it was', (_what, make, between) => {
  const told = containedBetween(make);
  expect(told).not.toContain('dns-open');
  expect(told).toMatch(between);
  expect(told).toMatch(/DELETE ended with 0\n(?:as it was|cat: \/etc\/hosts: No such file)/);
});

test.each([
  ['adds lines before and behind ours', 'sed -i "1i 192.0.2.1 first" /etc/hosts; echo 192.0.2.2 last >> /etc/hosts'],
  [
    'takes ours out and adds his own',
    'printf "192.0.2.1 first\\n127.0.0.1 localhost\\n192.0.2.2 last\\n" > /etc/hosts',
  ],
])('somebody who %s while the host is contained keeps his lines', (_what, between) => {
  const told = containedBetween(':', between);
  expect(told).toMatch(/DELETE ended with 0\n192.0.2.1 first\n127.0.0.1 localhost\n192.0.2.2 last\n$/);
});

test('somebody who makes the file unchangeable while the host is contained: released, and what is left is told', () => {
  const told = containedBetween(':', 'chattr +i /etc/hosts');
  expect(told).toMatch(/still pinned in \/etc\/hosts[\s\S]*DELETE ended with 0\n/);
});

test('status goes on to tell of it, until a release can take the names out', () => {
  const between = `
    chattr +i /etc/hosts; ${program} DELETE - - > /dev/null
    ${program} status | grep names-left
    chattr -i /etc/hosts`;
  const told = containedBetween(':', `${between}; echo; ${program} status | grep -c names-left`);
  expect(told).toMatch(
    /names of servers are still pinned; repeat DELETE, which takes them out: \/etc\/hosts \[names-left\]\n\n1\n/,
  );
  expect(told).toMatch(/taken out of the hosts file\.[\s\S]*DELETE ended with 0\nas it was\n$/);
});

test('to somebody who may not read the journal, pinned names do not look like names that were left', () => {
  const seen = `setpriv --reuid=65534 --regid=65534 --clear-groups ${program} status | grep -c "names-left\\|the journal"`;
  expect(containedBetween(':', seen)).toMatch(/ADD ended with 6\n1\nchanged\n1\n1\n/);
});

const rulesForDns = 'nft list table inet contain_host | grep -c "dport 53 "';

test('where the only name server is a cache on the host, nobody is let through, and DNS is not called open', () => {
  const told = containedBetween('chattr +i /etc/hosts; echo nameserver 127.0.0.1 > /etc/resolv.conf', rulesForDns);
  expect(told).toMatch(/\[no-name-server\][\s\S]*ADD ended with 6\n1\nuntouched\n0\n/);
  expect(told).not.toContain('dns-open');
});
