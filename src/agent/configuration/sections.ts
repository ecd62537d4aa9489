import { XMLParser } from 'fast-xml-parser';
import { normalise, type Wanted } from './normalise';
import type { Dialect } from './scanner';

/** An element of the configuration, with its children in order. */
export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  trimValues: false,
  parseTagValue: false,
  ignoreAttributes: true,
  processEntities: false,
  jPath: false,
});

/** The sections of a configuration that are wanted, in order. Throws `Rejected`. */
export function readSections(source: string, dialect: Dialect, wanted: Wanted): readonly Element[] {
  const [root] = toElements(parser.parse(normalise(source, dialect, wanted)));
  return root?.children ?? [];
}

/** Reads fast-xml-parser's ordered form: one object for each node, whose key is the node's name, or `#text`. */
function toElements(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: Readonly<Record<string, unknown>>): Element[] => {
    const [name = '#text'] = Object.keys(node);
    const content = node[name];
    return Array.isArray(content) ? [{ name, children: toElements(content), text: textOf(content) }] : [];
  });
}

function textOf(content: readonly Readonly<Record<string, unknown>>[]): string {
  const text = content.at(-1)?.['#text'];
  return typeof text === 'string' ? text : '';
}

/** The texts of the children of that name. For the agents a later one replaces an earlier one. */
export function textsOf({ children }: Element, name: string): string[] {
  return children.filter((child) => child.name === name).map(({ text }) => text);
}
