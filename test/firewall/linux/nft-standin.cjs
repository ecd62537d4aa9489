// Plays nft for tests: takes the commands that the product sends, refuses every other, and answers listings as nft 1.0
// does. Arguments: a folder of its own, then nft's arguments. `tables.json` there is the kernel; `fault` names what
// goes wrong.
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [folder, ...args] = process.argv.slice(2);
// In a network namespace of its own, as the stand-in for unshare says, there is another kernel state.
const kernel = join(folder, `tables${process.env.STANDIN_NAMESPACE ?? ''}.json`);
const fault = existsSync(join(folder, 'fault')) ? readFileSync(join(folder, 'fault'), 'utf8') : '';
const tables = existsSync(kernel) ? JSON.parse(readFileSync(kernel, 'utf8')) : [];
appendFileSync(join(folder, 'calls'), `${args.join(' ')}\n`);
// Its sets have no elements.
if (args[0] === '-t') args.shift();

function fail(why) {
  process.stderr.write(`Error: ${why}\n`);
  process.exit(1);
}

const find = (list, family, name) => list.find((table) => table.family === family && table.name === name);
const names = { 1: fault === 'reads-otherwise' ? 'ICMP' : 'icmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp' };

function valueIn(field, text) {
  if (field.startsWith('meta l4proto') || field === 'frag nexthdr') return names[text] ?? Number(text);
  if (/^\d+$/.test(text)) return Number(text);
  if (/^\d+-\d+$/.test(text)) return { range: text.split('-').map(Number) };
  const [addr, len] = text.split('/');
  return len === undefined ? text.replace(/"/g, '') : { prefix: { addr, len: Number(len) } };
}

function leftOf([group, name, ...more]) {
  if (group.startsWith('@')) {
    const [base, offset, len] = group.slice(1).split(',');
    return { payload: { base, offset: Number(offset), len: Number(len) } };
  }
  if (name === 'flags')
    return { '&': [{ payload: { protocol: group, field: name } }, more[1].slice(1, -1).split('|')] };
  if (group === 'ct') return { ct: more.length === 0 ? { key: name } : { key: more.join(' '), dir: name } };
  if (group === 'iifname' || group === 'oifname') return { meta: { key: group } };
  if (group === 'meta') return { meta: { key: name } };
  return group === 'frag' ? { exthdr: { name: group, field: name } } : { payload: { protocol: group, field: name } };
}

function expressionsOf(text) {
  const pattern =
    /([io]ifname|@\w+,\d+,\d+|tcp flags & \([a-z|]+\)|ct original (?:proto-dst|ip6? daddr)|(?:meta|ct|ip|ip6|tcp|udp|icmp|icmpv6|frag) [a-z0-9-]+) (> |!= )?(\{[^}]*\}|\S+)\s*/gy;
  const found = [];
  let end = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    end = pattern.lastIndex;
    const [, field, operator = '==', value] = match;
    const items = value.startsWith('{')
      ? value
          .slice(1, -1)
          .split(',')
          .map((item) => item.trim())
      : undefined;
    const right =
      items === undefined ? valueIn(field, value) : { set: items.map((item) => valueIn(field, item)).reverse() };
    found.push({ match: { op: operator.trim(), left: leftOf(field.split(' ')), right } });
  }
  if (end !== text.length) fail(`syntax error: ${text.slice(end)}`);
  return found;
}

function carryOut(list, command) {
  const [verb, kind, family, name, chain, ...rest] = command.split(' ');
  const table = find(list, family, name);
  if (fault === 'no-bridge' && family === 'bridge') fail('Could not process rule: Operation not supported');
  if (`${verb} ${kind}` === 'create table') {
    if (table !== undefined) fail('Could not process rule: File exists');
    list.push({ family, name, chains: [], rules: [] });
  } else if (`${verb} ${kind}` === 'add table') {
    if (table === undefined) list.push({ family, name, chains: [], rules: [] });
    else delete table.flags;
  } else if (table === undefined) fail('No such file or directory');
  else if (`${verb} ${kind}` === 'delete table') list.splice(list.indexOf(table), 1);
  else if (`${verb} ${kind}` === 'flush chain') table.rules = table.rules.filter((rule) => rule.chain !== chain);
  else if (`${verb} ${kind}` === 'add chain') {
    const [, type, hook, prio, policy] =
      /^\{ type (\w+) hook (\w+) priority (-?\d+) ; policy (\w+) ; \}$/.exec(rest.join(' ')) ?? fail('syntax error');
    const existing = table.chains.find((one) => one.name === chain);
    if (existing !== undefined && existing.prio !== Number(prio))
      fail('Could not process rule: Operation not supported');
    if (existing !== undefined) existing.policy = policy;
    else table.chains.push({ family, table: name, name: chain, type, hook, prio: Number(prio), policy });
  } else if (`${verb} ${kind}` === 'add rule') {
    const [, matches, comment] = /^(.*? ?)accept comment "([^"]{1,128})"$/.exec(rest.join(' ')) ?? fail('syntax error');
    if (fault === 'no-tracking' && matches.includes('ct status'))
      fail('Could not process rule: No such file or directory');
    table.rules.push({ family, table: name, chain, comment, expr: [...expressionsOf(matches), { accept: null }] });
  } else fail(`unknown command: ${command}`);
}

function load(change) {
  const list = structuredClone(tables);
  for (const command of readFileSync(0, 'utf8').split('\n')) if (command !== '') carryOut(list, command);
  if (fault === 'check-fails' || (change && fault === 'load-fails'))
    fail('Could not process rule: Operation not supported');
  if (!change || fault === 'load-ignored') return;
  if (fault === 'server-lost')
    for (const table of list) table.rules = table.rules.filter(({ comment }) => !comment.startsWith('server'));
  if (fault === 'delete-ignored' && list.length === 0) return;
  writeFileSync(kernel, JSON.stringify(list));
  if (fault === 'load-complains') fail('Interrupted system call');
  if (fault.startsWith('mute-after')) writeFileSync(join(folder, 'fault'), 'no-kernel');
  if (fault === 'mute-after-complaint') fail('Interrupted system call');
}

function answer(objects) {
  const text = JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6', json_schema_version: 1 } }, ...objects] });
  process.stdout.write(`${text}\n`);
}

// Before it lists anything, nft 0.9.8 reads all rules of everybody.
const hangs = { 'listing-hangs': args[1] === 'list', 'nat-hangs': args[2] === 'chains', 'all-hangs': true }[fault];
if (fault === 'nat-hangs' && hangs) writeFileSync(join(folder, 'fault'), '');
if (hangs) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
if (fault === 'garbage' && args[2] === 'table') {
  process.stdout.write('{"nftables": [{"metainfo": {}}, {"rules": 1}]}\n');
  process.exit(0);
}
if (fault === 'not-json' && args[2] === 'table') {
  process.stdout.write('Segmentation fault\n');
  process.exit(0);
}
if (fault === 'no-json' && args[0] === '-j') fail('JSON support not compiled-in');
if (fault === 'no-kernel') fail('cache initialization failed: Operation not permitted');
const [first, second, third, family, name] = args;
if (args.join(' ') === '--version') process.stdout.write('nftables v1.0.6 (Lester Gooch #5)\n');
else if (args.join(' ') === '-c -f -' || args.join(' ') === '-j -c -f -') load(false);
else if (args.join(' ') === '-f -') load(true);
else if (args.join(' ') === '-j list chains')
  answer(tables.flatMap(({ chains }) => chains.map((chain) => ({ chain }))));
else if (args.join(' ') === '-j list flowtables') answer([]);
else if ([first, second, third].join(' ') === '-j list table' && args.length === 5) {
  const { chains, rules, flags } = find(tables, family, name) ?? fail('No such file or directory');
  answer([
    { table: { family, name, ...(flags === undefined ? {} : { flags }) } },
    ...chains.map((chain) => ({ chain })),
    ...rules.map((rule) => ({ rule })),
  ]);
} else fail(`unknown arguments: ${args.join(' ')}`);
