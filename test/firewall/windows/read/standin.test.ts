import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bigHost, emptyHost, gpoHost, offHost, typicalHost } from '../../../../fixtures/standin/hosts';
import type { HostDescription } from '../../../../fixtures/standin/machine';
import { regFile } from '../../../../fixtures/standin/reg-file';
import { readRegFile } from '../../../../fixtures/standin/reg-reader';
import { ensureKey, localProfiles, localRulesPath, paths } from '../../../../fixtures/standin/registry';
import { storedForm } from '../../../../src/firewall/windows/read/rule';
import { rulesOf } from '../../../../src/policy/rules';
import { sealRules } from '../../../../src/policy/seal';
import { parseRegistryFile, type RegistryKeys } from '../../../../src/windows/registry-file';
import { compareVerdicts } from './agreement';
import { address, asked } from './policies';

/** The same host after containment: its own rules off, ours on, block by default. */
function contained(host: HostDescription): HostDescription {
  const rules = ensureKey(host.registry, localRulesPath);
  for (const [id, text] of Object.entries(rules)) rules[id] = String(text).replace('Active=TRUE', 'Active=FALSE');
  for (const [index, rule] of rulesOf(asked).entries()) rules[`{ours-${index}}`] = storedForm(rule).raw;
  const settings = { EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 1 };
  for (const profile of localProfiles) Object.assign(ensureKey(host.registry, `${paths.local}\\${profile}`), settings);
  return host;
}

function keysOf(host: HostDescription, path: string): RegistryKeys {
  const parsed = parseRegistryFile(regFile(host.registry, path, path));
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed.keys;
}

/** A contained host under a policy of the fixtures, with the seal that closes what that opens. */
function sealedUnder(file: string): HostDescription {
  const host = contained(typicalHost());
  const rules = ensureKey(host.registry, localRulesPath);
  const seal = sealRules(rulesOf(asked), { dhcpServers: [address('10.0.0.3')], resolvers: [] });
  for (const [index, rule] of seal.entries()) rules[`{seal-${index}}`] = storedForm(rule).raw;
  const policy = readRegFile(readFileSync(join(__dirname, '../../../../fixtures/gpo', file)));
  for (const [path, values] of Object.entries(policy.keys)) Object.assign(ensureKey(host.registry, path), values);
  return host;
}

test.each([
  ['STIG, sealed', sealedUnder('baseline-stig.reg'), 600],
  ['NSA, sealed', sealedUnder('baseline-nsa.reg'), 600],
  ['old exceptions, sealed', sealedUnder('legacy-exceptions.reg'), 600],
  ['typical', typicalHost(), 600],
  ['empty', emptyHost(), 600],
  ['off', offHost(), 600],
  ['domain', gpoHost(), 600],
  ['big', bigHost(1000), 200],
  ['typical, contained', contained(typicalHost()), 600],
  ['domain, contained', contained(gpoHost()), 600],
])('on the %s host the stand-in never says the opposite', (name, host, total) => {
  const keys = {
    local: keysOf(host, paths.local),
    policies: keysOf(host, 'HKLM\\SOFTWARE\\Policies\\Microsoft'),
  };
  expect(compareVerdicts(keys, host.registry, name, total)).toBeLessThan(total / 5);
});
