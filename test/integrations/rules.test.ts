import { auditLine, type Status } from '../../src/outcome/output/audit';
import { type Product, readRules, readTestLines, readWrittenRules, ruleHit, rulesHit } from './rules';
import { servers } from './stock';

const kits = [
  ['ossec', 'OSSEC 3.6 and newer'],
  ['ossec', 'OSSEC up to 3.0'],
  ['wazuh', 'Wazuh'],
] as const;

describe.each(kits)('the %s kit on %s', (product, name) => {
  const server = servers[name];
  const rules = readRules(product);
  const all = readTestLines(product);
  const states = all.filter(({ line }) => line.includes('"contain_host"'));
  const lines = all.filter((line) => !states.includes(line));

  test.each(lines)('rule $rule, and no other, is hit by $line', ({ rule, line }) => {
    expect(rulesHit(server, rules, line)).toEqual([rule]);
  });

  test('the lines of status hit their rules, one after the other', () => {
    const kept = new Map<string, string>();
    for (const { rule, line } of states)
      expect({ line, rule: ruleHit(server, rules, line, kept) }).toEqual({ line, rule });
  });

  test('its decoder takes the address from each of our lines', () => {
    for (const { line } of lines.filter(({ line }) => line.includes('bin/contain-host')))
      expect(server.decode(line)?.fields.srcip).toMatch(
        /^(192\.0\.2\.50|203\.0\.113\.7|2001:db8::50|127\.0\.0\.1|-|held-by-operator|not-contained)$/,
      );
  });

  test('each rule that can be hit has a line', () => {
    const parents = new Set(['100898', '100899']);
    const wanted = rules.map(({ id }) => id).filter((id) => !parents.has(id));
    const hit = new Set(all.map(({ rule }) => rule));
    expect(wanted.filter((id) => !hit.has(id))).toEqual([]);
  });
});

test.each<Product>(['ossec', 'wazuh'])(
  'the rules of the %s kit have numbers of their own, in the range for local rules',
  (product) => {
    const ids = readWrittenRules(product).map((rule) => Number(rule['@id']));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).toBeGreaterThanOrEqual(100_000);
      expect(id).toBeLessThanOrEqual(120_000);
    }
  },
);

test.each(kits)(
  'the %s kit on %s: each rule stands behind its parents, which the server looks for while it reads',
  (product, name) => {
    const known = new Set(servers[name].stockRules.map(({ id }) => id));
    for (const { id, parents } of readRules(product)) {
      expect(parents.filter((parent) => !known.has(parent))).toEqual([]);
      known.add(id);
    }
  },
);

test('a number means the same in both kits', () => {
  const described = (product: Product): string[] =>
    readWrittenRules(product).map((rule) => `${rule['@id']} ${rule['@level']} ${rule.description} ${rule.group}`);
  expect(described('wazuh')).toEqual(expect.arrayContaining(described('ossec')));
});

test('none of our alerts can contain a host', () => {
  for (const rule of [...readWrittenRules('ossec'), ...readWrittenRules('wazuh')])
    expect(rule.group ?? '').not.toContain('contain_this_host');
});

test.each<Product>(['ossec', 'wazuh'])(
  'no alert of the %s kit has the stock responses block the handler, whose address it carries',
  (product) => {
    const alerts = readWrittenRules(product).filter((rule) => rule['@level'] !== '0');
    expect(alerts.length).toBeGreaterThan(20);
    for (const rule of alerts) expect([rule['@id'], rule.options]).toEqual([rule['@id'], 'no_ar']);
  },
);

/** Words of an outcome that an alert's address may be: all of their characters are those of an address. */
const asAddress = ['add', 'delete', 'busy', 'held-by-operator', 'not-contained', 'not-carried-out-again', 'superseded'];

test.each(kits)('the %s kit on %s: an address that reads like an outcome is none', (product, name) => {
  const rules = readRules(product);
  const statuses = ['add-started', 'add', 'add-degraded', 'add-ineffective', 'add-failed', 'delete', 'delete-failed'];
  const request = { action: 'add', requestedBy: 'alert', alertId: '1770113472.4242', ruleId: '5710' } as const;
  for (const dialect of product === 'ossec' ? (['ossec'] as const) : (['ossec', 'wazuh'] as const))
    for (const status of statuses as Status[])
      for (const words of [[], ['exit=7', 'not-released'], ['exit=6', 'gaps=handler-blocked']]) {
        const ruleFor = (address: string): string[] => {
          const entry = { status, words, request: { ...request, dialect, address } };
          return rulesHit(servers[name], rules, auditLine('windows', entry, new Date('2026-11-25T03:18:00Z')));
        };
        for (const address of asAddress)
          expect([status, address, ruleFor(address)]).toEqual([status, address, ruleFor('203.0.113.7')]);
      }
});

test('text that an attacker chose does not pass for an outcome', () => {
  const line =
    '2026/11/25 03:18:00 active-response/bin/netsh.exe: {"version":1,"command":"add","parameters":{"alert":{"data":{"status":"add","x":"active-response/bin/contain-host.exe add -"}},"program":"active-response/bin/netsh.exe"}}';
  expect(rulesHit(servers.Wazuh, readRules('wazuh'), line)).toEqual(['657']);
});
