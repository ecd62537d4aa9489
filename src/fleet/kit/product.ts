import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ossecRules from '../../../integrations/ossec/local_rules.xml';
import ossecConfiguration from '../../../integrations/ossec/server-ossec.conf.xml';
import wazuhRules from '../../../integrations/wazuh/local_rules.xml';
import wazuhConfiguration from '../../../integrations/wazuh/server-ossec.conf.xml';
import { type Dialect, ossecDialect, wazuhDialect } from '../../agent/configuration/scanner';
import { FleetFailure } from '../server';

/** What differs between the servers of the two families. */
export interface Product {
  readonly name: 'OSSEC' | 'Wazuh';
  readonly dialect: Dialect;
  /** Where the kit's rules go, below the server's folder. */
  readonly rulesFile: string;
  /** Where the server keeps rules, ours among them. */
  readonly rulesFolders: readonly string[];
  /** The kit, as in integrations/. */
  readonly rules: string;
  readonly configuration: string;
  /** The server's own programs that read the configuration and the rules with `-t` and change no file but ar.conf. */
  readonly tests: readonly string[];
  readonly restart: string;
}

interface Family extends Omit<Product, 'tests' | 'restart'> {
  readonly tests: readonly string[];
}

const ossec: Family = {
  name: 'OSSEC',
  dialect: ossecDialect,
  rulesFile: 'rules/local_rules.xml',
  rulesFolders: ['rules'],
  rules: ossecRules,
  configuration: ossecConfiguration,
  tests: ['ossec-analysisd', 'ossec-logtest'],
};

const wazuh: Family = {
  name: 'Wazuh',
  dialect: wazuhDialect,
  rulesFile: 'etc/rules/local_rules.xml',
  rulesFolders: ['etc/rules', 'ruleset/rules'],
  rules: wazuhRules,
  configuration: wazuhConfiguration,
  // wazuh-logtest asks the running server and has no -t; the legacy one reads the files itself.
  tests: ['wazuh-analysisd', 'wazuh-logtest-legacy'],
};

/** Which server lives in this folder. Throws `FleetFailure` where it is none that the kits are for. */
export function findProduct(home: string): Product {
  const has = (path: string): boolean => existsSync(join(home, path));
  const programs = (names: readonly string[]): string[] =>
    names.filter((name) => has(`bin/${name}`)).map((name) => join(home, 'bin', name));
  if (has('bin/wazuh-analysisd') && has('etc/rules'))
    return { ...wazuh, tests: programs(wazuh.tests), restart: 'systemctl restart wazuh-manager' };
  if (has('ruleset') || has('bin/wazuh-control'))
    throw new FleetFailure(`${home} is a Wazuh manager for which there is no kit: they are for 4.2 to 4.14.`);
  if (has('bin/ossec-analysisd') && has('rules'))
    return { ...ossec, tests: programs(ossec.tests), restart: `${home}/bin/ossec-control restart` };
  throw new FleetFailure(
    `In ${home} there is neither bin/ossec-analysisd with rules nor bin/wazuh-analysisd with etc/rules. It is no OSSEC or Wazuh server, or this user may not see it: run this as root.`,
  );
}
