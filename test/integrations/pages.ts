import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { blocksOf, commandLinesOf, wordsOf } from '../../fixtures/page-blocks';
import type { Product } from './rules';

export const page = (name: string): string => readFileSync(join(__dirname, '../../docs', `${name}.md`), 'utf8');

/** The blocks of a page in one language. */
export function blocks(name: string, language: 'xml' | 'json'): string[] {
  return blocksOf(page(name)).flatMap(({ kind, text }) => (kind === language ? [text] : []));
}

export type Xml = Readonly<Record<string, unknown>>;

const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false, trimValues: true });

/**
 * What a block or a file says, without comments and layout. A block may be a part of a file: then it has several roots.
 */
export const readXml = (source: string): Xml => parser.parse(`<all>${source}</all>`).all as Xml;

/** An order that a page has the reader give: what its command line means to the agent, or to the program itself. */
export type Order =
  | { readonly by: 'agent_control'; readonly command: string; readonly address: string }
  | { readonly by: 'api'; readonly body: { readonly command: string; readonly arguments: string[] } }
  | { readonly by: 'prompt'; readonly args: readonly string[] };

/** Every command line of a page in order, save those that need a server of flesh and blood. */
export function orders(product: Product): Order[] {
  return blocksOf(page(product))
    .filter(({ kind }) => kind.startsWith('sh'))
    .flatMap(commandLinesOf)
    .flatMap((line): Order[] => {
      const words = wordsOf(line);
      if (words[0] === 'contain-host' && words[1] === 'fleet') return [];
      if (words[0] === 'contain-host') return [{ by: 'prompt', args: words.slice(1) }];
      const after = (option: string): string => words[words.indexOf(option) + 1] ?? '';
      if (words[0]?.endsWith('/agent_control'))
        return [{ by: 'agent_control', command: after('-f'), address: after('-b') }];
      if (line.includes('/active-response?')) return [{ by: 'api', body: JSON.parse(after('-d')) }];
      if (words[0] === 'grep' || line.startsWith('TOKEN=')) return [];
      throw new Error(`the ${product} page has a command that nobody here can try: ${line}`);
    });
}
