import { cString, type Dialect, Scanner } from './scanner';

/** Deeper nesting than this the agent gives up on (wazuh src/os_xml/os_xml.c). */
const deepest = 1024;

/** root, section, element, element of that: nothing deeper is wanted. */
const deepestWanted = 4;

/**
 * Characters of plain XML. What names hundreds of servers is far shorter; the parser behind takes a second for this
 * much.
 */
const longestWanted = 1024 * 1024;

/** The sections that are wanted, and the elements that matter in them. Every other element there becomes `other`. */
export interface Wanted {
  readonly sections: ReadonlySet<string>;
  readonly elements: ReadonlySet<string>;
}

/**
 * Turns a configuration in the agent's own dialect into plain XML: one root, only the sections that are wanted, no
 * comments, attributes or entities, and of each element the text that the agent takes, which is what stands behind its
 * last child. Throws `Rejected` where the agent would not read the file.
 */
export function normalise(source: string, dialect: Dialect, wanted: Wanted): string {
  const scanner = new Scanner(source, dialect);
  const open: string[] = [];
  let out = '<sections>';
  for (let text = scanner.readText(false); text !== undefined; text = scanner.readText(open.length > 0)) {
    if (scanner.skipSlash()) {
      const name = open.pop() ?? scanner.reject('a tag closes nothing');
      const found = scanner.readClosingTag();
      if (found !== name) scanner.reject(`an element is opened as ${quote(name)} and closed as ${quote(found)}`);
      if (isWanted(wanted, open, name)) out += `${plain(text)}</${safeName(wanted, open, name)}>`;
    } else {
      if (open.length === deepest) scanner.reject('the elements are nested too deep');
      const { name, closed } = scanner.readOpeningTag();
      // To the agent's library `var` declares a variable and is no element.
      if (open.length === 0 && name !== 'ossec_config' && name.toLowerCase() !== 'var')
        scanner.reject(`the root is ${quote(name)} and not ossec_config`);
      if (isWanted(wanted, open, name)) {
        const safe = safeName(wanted, open, name);
        out += `<${safe}>${closed ? `</${safe}>` : ''}`;
      }
      if (!closed) open.push(name);
    }
    if (out.length > longestWanted) scanner.reject('the sections for this are too long');
  }
  const last = open.at(-1);
  if (last !== undefined) scanner.reject(`the file ends inside ${quote(last)}`);
  return `${out}</sections>`;
}

function isWanted({ sections }: Wanted, parents: readonly string[], name: string): boolean {
  if (parents[0] !== 'ossec_config' || parents.length >= deepestWanted) return false;
  return sections.has(parents[1] ?? name);
}

function safeName({ elements }: Wanted, parents: readonly string[], name: string): string {
  return parents.length === 1 || elements.has(name) ? name : 'other';
}

/** There are no entities on either side. Nothing that holds a `<` is of use, but it must not become a tag. */
function plain(text: string): string {
  return cString(text).replaceAll('<', '\ufffd');
}

function quote(name: string): string {
  return `"${name.slice(0, 64).replace(/[^\x20-\x7e]/g, '?')}"`;
}
