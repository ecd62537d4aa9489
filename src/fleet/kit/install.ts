import { readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { readAgentFile } from '../../agent/agent-files';
import type { Host } from '../../host';
import { exitCodes } from '../../outcome/exit-codes';
import { complain, say } from '../../outcome/output/say';
import { version } from '../../outcome/version';
import { errorText } from '../../process/error-code';
import { runProcess } from '../../process/run';
import { findServerHome } from '../home';
import { FleetFailure, printable } from '../server';
import { loadsRules, readServerSections, strangeIn, withConfiguration } from './configuration-text';
import { unifiedDiff } from './diff';
import { findProduct, type Product } from './product';
import { checkNumbers, withoutRules, withRules } from './rules-text';
import { ServerFile } from './server-file';

/** Loading all rules takes a slow server some seconds. */
const testLimitMs = 120_000;
const largestRules = 16 * 1024 * 1024;
/** In bytes: more than all that is written. */
const leastRoom = 1024 * 1024;
const configurationFile = 'etc/ossec.conf';

/** A file and what it is to hold. */
interface Change {
  readonly file: ServerFile;
  readonly text: string;
}

/**
 * Puts the kit of this version into the server's configuration and rules, checks both with the server's own programs,
 * and takes everything back where they do not like it. Restarts nothing. Returns 0, else throws `FleetFailure`.
 */
export async function installKit(host: Host, { dryRun }: { readonly dryRun: boolean }): Promise<number> {
  const home = findServerHome(host);
  const product = findProduct(home);
  const { changes, warnings } = plan(home, product);
  for (const warning of warnings) complain(`Note: ${warning}.\n`);
  for (const { file, text } of changes) say(unifiedDiff(file.path, file.text, text));
  if (changes.length === 0) {
    say(`The kit of contain-host ${version} is there, in ${home}. Nothing was changed.\n`);
    return exitCodes.done;
  }
  if (dryRun) {
    say('This is what would be changed. Nothing was changed.\n');
    return exitCodes.done;
  }
  return withoutInterruption(() => install(home, product, changes));
}

async function install(home: string, product: Product, changes: readonly Change[]): Promise<number> {
  checkRoom(home);
  const before = await test(product);
  if (before !== undefined)
    throw new FleetFailure(
      `The server's own test fails before any change: ${before}\nNothing was changed. Mend the server's configuration first, as root, and run this again.`,
    );
  const copies = await carryOut(product, changes);
  say(
    `The kit of contain-host ${version} is there, and ${product.name}'s own test passes. What was before: ${copies.join(', ')}.\n` +
      `Nothing was restarted. Restart the server: ${product.restart}\n` +
      'Until it has heard from an agent again, which takes up to ten minutes, the server drops orders for it. Then run: contain-host fleet doctor\n',
  );
  return exitCodes.done;
}

/** What there is to change, and what somebody else has to. Throws `FleetFailure` where the kit cannot go there. */
function plan(home: string, product: Product): { readonly changes: Change[]; readonly warnings: string[] } {
  const configuration = new ServerFile(home, configurationFile);
  const rules = new ServerFile(home, product.rulesFile);
  const sections = readServerSections(configuration.text, product.dialect, configuration.path);
  if (!loadsRules(sections, product.rulesFile))
    throw new FleetFailure(
      `The server does not read ${rules.path}: ${configuration.path} names neither that file nor its folder. Nothing was changed. Add <include>local_rules.xml</include> behind the other rules there.`,
    );
  const others = readOtherRules(home, product, rules);
  checkNumbers(product.rules, others.files);
  const wanted = [
    { file: rules, text: withRules(rules.text, product.rules, rules.path) },
    {
      file: configuration,
      text: withConfiguration(configuration.text, product.configuration, product.dialect, configuration.path),
    },
  ];
  return {
    changes: wanted.filter(({ file, text }) => file.text !== text),
    warnings: [...strangeIn(sections, product.configuration), ...others.warnings],
  };
}

interface OtherRules {
  readonly files: { readonly file: string; readonly text: string }[];
  readonly warnings: string[];
}

/** All rules that are not the kit's. */
function readOtherRules(home: string, { rulesFile, rulesFolders }: Product, ours: ServerFile): OtherRules {
  const files = [{ file: ours.path, text: withoutRules(ours.text, ours.path) }];
  const warnings: string[] = [];
  for (const folder of rulesFolders)
    for (const name of readdirSync(join(home, folder)).filter((name) => name.endsWith('.xml'))) {
      const path = `${folder}/${name}`;
      if (path === rulesFile) continue;
      try {
        files.push({ file: join(home, path), text: readAgentFile(home, path, largestRules).toString('latin1') });
      } catch (error) {
        const why = errorText(error);
        warnings.push(`whether ${join(home, path)} has rules with numbers of the kit's is not known, because ${why}`);
      }
    }
  return { files, warnings };
}

/**
 * The server's own test empties ar.conf before it writes it anew: on a full disk the agents would lose all commands.
 */
function checkRoom(home: string): void {
  const { bavail, bsize } = statfsSync(join(home, 'etc'));
  if (bavail * bsize < leastRoom)
    throw new FleetFailure(`The disk of ${home} is full. Nothing was changed. Make room there, and run this again.`);
}

/** Ctrl-C stops nothing half-way: what was begun is ended, and what fails the test is taken back. */
async function withoutInterruption<T>(work: () => Promise<T>): Promise<T> {
  const stay = (): void => {};
  process.on('SIGINT', stay).on('SIGTERM', stay).on('SIGHUP', stay);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stay).off('SIGTERM', stay).off('SIGHUP', stay);
  }
}

/** Returns the paths of what was there before. */
async function carryOut(product: Product, changes: readonly Change[]): Promise<string[]> {
  const stamp = new Date().toISOString().replace(/[-:.]/g, '');
  try {
    const copies = changes.map(({ file, text }) => file.replace(text, stamp));
    const why = await test(product);
    if (why === undefined) return copies;
    throw new FleetFailure(`The server's own test fails with the kit: ${why}`);
  } catch (error) {
    if (!(error instanceof FleetFailure)) throw error;
    for (const { file } of changes) file.putBack();
    // The test wrote ar.conf by the configuration that it was given.
    await test(product);
    throw new FleetFailure(`${error.message}\nEverything is as it was before.`);
  }
}

/** Runs the server's own programs over its files. Undefined where they pass, else what the first says that does not. */
async function test({ tests }: Product): Promise<string | undefined> {
  for (const program of tests) {
    const { exitCode, output, startError, timedOut } = await runProcess(program, ['-t'], {
      limitMs: testLimitMs,
      isOutOfReach: true,
    });
    if (exitCode === 0) continue;
    const lines = output.toString('latin1').trim().split('\n').slice(-5).map(printable);
    const why = startError ?? (timedOut ? 'it did not end in time' : lines.join('\n  '));
    return `${program} -t:\n  ${why}`;
  }
  return undefined;
}
