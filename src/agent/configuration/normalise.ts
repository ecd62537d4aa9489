import { cString, type Dialect, Scanner } from './scanner';

/** The agent gives up on elements nested deeper than this (wazuh src/os_xml/os_xml.c). */
const deepest = 1024;

/** Root, section, element, and an element in that: nothing deeper is wanted. */
const deepestWanted = 4;

/**
 * In characters of plain XML. A file that names hundreds of servers is far shorter. The parser that reads it next takes
 * a second for this much.
 */
const longestWanted = 1024 * 1024;

/** The sections that are wanted, and the elements that matter in them. Every other element there becomes `other`. */
export interface Wanted {
  readonly sections: ReadonlySet<string>;
  readonly elements: ReadonlySet<string>;
}

/**
 * Turns a configuration in the agent's own dialect into plain XML: one root, only the sections that are wanted, and no
 * comments, attributes or entities. Of each element it keeps the text that the agent takes, which stands behind the
 * element's last child. Throws `Rejected` where the agent would not read the file.
 */
export function normalise(source: string, dialect: Dialect, wanted: Wanted): string {
  const scanner = new Scanner(source, dialect);
  const open: string[] = [];
  let out = '<sections>';
  for (let text = scanner.readText(false); text !== undefined; text = scanner.readText(open.length > 0)) {
    if (scanner.skipSlash()) {
      const name = open.pop() ?? scanner.reject('a closing tag has no opening tag');
      const found = scanner.readClosingTag();
      if (found !== name) scanner.reject(`an element is opened as ${quote(name)} and closed as ${quote(found)}`);
      if (isWanted(wanted, open, name)) out += `${plain(text)}</${safeName(wanted, open, name)}>`;
    } else {
      if (open.length === deepest) scanner.reject('the elements are nested too deep');
      const { name, closed } = scanner.readOpeningTag();
      // For the agent's library `var` declares a variable and is not an element.
      if (open.length === 0 && name !== 'ossec_config' && name.toLowerCase() !== 'var')
        scanner.reject(`the root is ${quote(name)} and not ossec_config`);
      if (isWanted(wanted, open, name)) {
        const safe = safeName(wanted, open, name);
        out += `<${safe}>${closed ? `</${safe}>` : ''}`;
      }
      if (!closed) open.push(name);
    }
    if (out.length > longestWanted) scanner.reject('the sections that contain-host reads are too long');
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

/** Neither dialect has entities. No useful text holds a `<`, but such a text must not become a tag. */
function plain(text: string): string {
  return cString(text).replaceAll('<', '\ufffd');
}

function quote(name: string): string {
  return `"${name.slice(0, 64).replace(/[^\x20-\x7e]/g, '?')}"`;
}
