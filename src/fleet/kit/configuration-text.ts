import { type Dialect, Rejected } from '../../agent/configuration/scanner';
import { type Element, readSections, textsOf } from '../../agent/configuration/sections';
import { FleetFailure } from '../server';
import { append, findBlock, makeBlock } from './block';

const wanted = {
  sections: new Set(['command', 'active-response', 'rules', 'ruleset', 'alerts', 'global', 'localfile']),
  elements: new Set([
    ...['name', 'executable', 'timeout_allowed', 'command', 'location', 'timeout', 'disabled'],
    ...['include', 'rule_dir', 'rule_include', 'log_alert_level', 'jsonout_output', 'alerts_log'],
  ]),
};

/** The sections of the server's ossec.conf that matter here, as the server reads them. Throws `FleetFailure`. */
export function readServerSections(text: string, dialect: Dialect, file: string): readonly Element[] {
  try {
    return readSections(text, dialect, wanted);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    throw new FleetFailure(`${file} cannot be read as the server reads it: ${error.message}. Nothing was changed.`);
  }
}

/** A command of the kit and its active response, which has its name. */
type Kind = 'command' | 'active-response';
const keyOf = { command: 'name', 'active-response': 'command' } as const;

function find(sections: readonly Element[], kind: Kind, name: string): Element[] {
  return sections.filter((section) => section.name === kind && textsOf(section, keyOf[kind]).at(-1)?.trim() === name);
}

interface Piece {
  readonly kind: Kind;
  readonly name: string;
  readonly text: string;
}

/** The commands and active responses of the kit, each as it is written there. */
function piecesOf(kit: string): Piece[] {
  return [...kit.matchAll(/^ {2}<(command|active-response)>\n[\s\S]*?^ {2}<\/\1>\n/gm)].map(([text, kind]) => ({
    kind: kind as Kind,
    name: new RegExp(`<${keyOf[kind as Kind]}>(.*)</`).exec(text)?.[1] ?? '',
    text,
  }));
}

/**
 * The server's ossec.conf with what it lacks of the kit, in a root element of its own, and otherwise as it was. What
 * somebody wrote by hand under the kit's names stays, and is not written twice. Throws `FleetFailure`.
 */
export function withConfiguration(text: string, kit: string, dialect: Dialect, file: string): string {
  const found = findBlock(text, file);
  const rest = found === undefined ? text : text.slice(0, found.start) + text.slice(found.end);
  const sections = readServerSections(rest, dialect, file);
  const pieces = piecesOf(kit);
  const missing = pieces.filter(({ kind, name }) => find(sections, kind, name).length === 0);
  if (missing.length === 0) return rest;
  const content =
    missing.length === pieces.length
      ? kit.slice(kit.indexOf('<ossec_config>'))
      : `<ossec_config>\n${missing.map((piece) => piece.text).join('')}</ossec_config>\n`;
  const block = makeBlock(content, text);
  return found === undefined ? append(rest, block) : `${rest.slice(0, found.start)}${block}${rest.slice(found.start)}`;
}

/** Which of the kit's commands and active responses the configuration lacks. */
export function missingIn(sections: readonly Element[], kit: string): string[] {
  return piecesOf(kit)
    .filter(({ kind, name }) => find(sections, kind, name).length === 0)
    .map(({ kind, name }) => `<${kind}> ${name}`);
}

/** What somebody wrote under the kit's names in a way that keeps orders from the agents, in words. */
export function strangeIn(sections: readonly Element[], kit: string): string[] {
  const kitSections = piecesOf(kit);
  return kitSections.flatMap(({ kind, name, text }) => {
    const executable = /<executable>(.*)<\//.exec(text)?.[1];
    return find(sections, kind, name).flatMap((section) => {
      const last = (element: string): string | undefined => textsOf(section, element).at(-1)?.trim();
      const timeout = last('timeout');
      return [
        ...(kind === 'command' && last('executable') !== executable
          ? [`the command ${name} starts ${last('executable') ?? 'nothing'} and not ${executable}`]
          : []),
        ...(timeout !== undefined && Number(timeout) !== 0
          ? [`the active response ${name} has a timeout, so its order is called ${name}${timeout} and not ${name}0`]
          : []),
        ...(kind === 'active-response' && last('location') !== 'local'
          ? [`the active response ${name} has the location ${last('location') ?? 'of nobody'} and not local`]
          : []),
      ];
    });
  });
}

/** Whether the server reads this rules file, by its name alone. */
export function loadsRules(sections: readonly Element[], rulesFile: string): boolean {
  const name = rulesFile.split('/').at(-1) ?? '';
  const folder = rulesFile.split('/').slice(0, -1).join('/');
  const inRules = sections.filter((section) => section.name === 'rules' || section.name === 'ruleset');
  const texts = (element: string): string[] =>
    inRules.flatMap((section) => textsOf(section, element)).map((text) => text.trim());
  return (
    [...texts('include'), ...texts('rule_include')].some((path) => path.split('/').at(-1) === name) ||
    texts('rule_dir').some((path) => path.replace(/\/+$/, '') === folder)
  );
}
