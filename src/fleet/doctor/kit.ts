import { readAgentFile } from '../../agent/agent-files';
import { textsOf } from '../../agent/configuration/sections';
import { type Check, ok, problem, warning } from '../../outcome/check';
import { version } from '../../outcome/version';
import { findBlock } from '../kit/block';
import { loadsRules, missingIn, strangeIn } from '../kit/configuration-text';
import { withoutRules, withRules } from '../kit/rules-text';
import { ServerFile } from '../kit/server-file';
import { responses } from '../responses';
import { type ExaminedServer, moment, startOf } from './examined-server';

const install = 'Run: contain-host fleet install-kit';

/** Whether the rules of this version are there, and loaded. */
export function checkRules({ home, product, configuration: { path, sections } }: ExaminedServer): Check[] {
  const rules = new ServerFile(home, product.rulesFile);
  if (!loadsRules(sections, product.rulesFile))
    return [
      problem(
        'kit-rules',
        `The server does not read ${rules.path}: ${path} names neither that file nor its folder.`,
        'Add it there behind the other rules.',
      ),
    ];
  if (rules.text === withRules(rules.text, product.rules, rules.path))
    return [ok('kit-rules', `The rules of contain-host ${version} are in ${rules.path}.`)];
  const there = findBlock(rules.text, rules.path)?.version;
  if (there !== undefined)
    return [
      warning('kit-rules', `${rules.path} has the rules of contain-host ${there}, or somebody changed them.`, install),
    ];
  return rules.text === withoutRules(rules.text, rules.path)
    ? [problem('kit-rules', `${rules.path} has no rules for this program: no outcome becomes an alert.`, install)]
    : [warning('kit-rules', `${rules.path} has rules for this program that were put there by hand.`, install)];
}

/** Whether the server has a command and an active response for each order. */
export function checkCommands({ product, configuration: { path, sections } }: ExaminedServer): Check[] {
  const missing = missingIn(sections, product.configuration);
  if (missing.length > 0) return [problem('kit-commands', `${path} lacks ${missing.join(', ')}.`, install)];
  const strange = strangeIn(sections, product.configuration);
  return strange.length === 0
    ? [ok('kit-commands', `The commands and active responses are in ${path}.`)]
    : strange.map((what) => problem('kit-commands', `In ${path} ${what}.`, 'Write it there as the kit has it.'));
}

/** Whether the running server has read what is in its files. It writes ar.conf by them, which the agents get. */
export function checkLoaded({ home, product, configuration }: ExaminedServer): Check[] {
  const restart = `Restart the server: ${product.restart}`;
  const arConf = readAgentFile(home, 'etc/shared/ar.conf', 1024 * 1024).toString('latin1');
  const names = Object.values(responses).flatMap((ofSystem) => Object.values(ofSystem));
  const missing = names.filter((name) => !arConf.split('\n').some((line) => line.startsWith(`${name} - `)));
  if (missing.length > 0)
    return [problem('kit-loaded', `etc/shared/ar.conf, which the agents get, lacks ${missing.join(', ')}.`, restart)];
  const started = startOf(home, 'analysisd');
  const changed = [configuration.changedAt, new ServerFile(home, product.rulesFile).changedAt].sort(
    (a, b) => b.getTime() - a.getTime(),
  )[0];
  if (started !== undefined && changed !== undefined && changed > started)
    return [
      warning(
        'kit-loaded',
        `The configuration or the rules were changed at ${moment(changed)}, after the server was started at ${moment(started)}.`,
        restart,
      ),
    ];
  return [ok('kit-loaded', 'The agents get the names of the four responses, in ar.conf.')];
}

/** Whether rules may start an active response: some servers have that off. Orders of a person go out all the same. */
export function checkSwitchedOn({ configuration: { path, sections } }: ExaminedServer): Check[] {
  const first = sections
    .filter(({ name }) => name === 'active-response')
    .flatMap((section) => textsOf(section, 'disabled'))[0];
  return first?.trim() === 'yes'
    ? [
        warning(
          'active-response',
          `Active responses are off in ${path}: no rule contains a host. Orders of a person go out all the same.`,
          'Write <disabled>no</disabled> there if rules are to contain hosts.',
        ),
      ]
    : [ok('active-response', 'Active responses are on.')];
}
