/** Deeper nesting than this the agent refuses too (ossec-hids src/os_xml/os_xml.c). */
const deepest = 1024;

/** The parts of the configuration that can name a server; everything else is checked and left out. */
const wantedSections = new Set(['client', 'agent']);

/** A tag without its brackets: a name, attributes, perhaps a closing slash. A tag's name may start with a digit here. */
const tag = /^(\/?)([^\s"'<>=/]+)((?:\s+[^\s"'<>=/]+=(?:"[^"]*"|'[^']*'))*)\s*(\/?)$/;

/**
 * Turns a configuration in the agent's own dialect into XML that any parser reads, with one root and only the sections that
 * can name servers. The dialect (ossec-hids src/os_xml/os_xml.c): `<!` opens a comment, `-->` or `!>` closes it; any number of
 * roots, with any text between them; `\<` is no tag; there are no entities; a NUL ends a value. Returns undefined where the
 * agent would not read the file either. Takes a text in Latin-1, one character a byte, and linear time.
 *
 * `backslashes`: to OSSEC every backslash escapes the tag behind it, to Wazuh a second one takes that back.
 */
export function normalise(source: string, backslashes: 'ossec' | 'wazuh'): string | undefined {
  const text = withoutComments(withoutProlog(source));
  if (text === undefined) return undefined;
  const open: string[] = [];
  const out: string[] = ['<root>'];
  for (let at = 0; ; ) {
    const start = findTag(text, at, backslashes);
    const inside = open.length >= 2 && open[0] === 'ossec_config' && wantedSections.has(open[1] ?? '');
    if (inside && start > at) out.push(escapeText(text.slice(at, start)));
    if (start === text.length) break;
    const end = text.indexOf('>', start);
    const parsed = end < 0 ? null : tag.exec(text.slice(start + 1, end));
    if (parsed === null) return undefined;
    const [, closing, name = '', attributes, selfClosing] = parsed;
    if (closing === '/') {
      if (open.pop() !== name || attributes !== '' || selfClosing === '/') return undefined;
      if (isEmitted(open, name)) out.push(`</${safeName(name)}>`);
    } else {
      if (isEmitted(open, name))
        out.push(selfClosing === '/' ? `<${safeName(name)}></${safeName(name)}>` : `<${safeName(name)}>`);
      if (selfClosing !== '/') open.push(name);
      if (open.length > deepest) return undefined;
    }
    at = end + 1;
  }
  return open.length > 0 ? undefined : `${out.join('')}</root>`;
}

/** Newer agents skip an XML declaration at the very start; everywhere else it is an error to them. */
function withoutProlog(source: string): string {
  const start = source.indexOf('<');
  if (!source.startsWith('<?xml', start)) return source;
  const end = source.indexOf('?>', start);
  return end < 0 ? source : source.slice(end + 2);
}

/** Undefined when a comment is never closed. */
function withoutComments(source: string): string | undefined {
  const parts: string[] = [];
  let at = 0;
  for (let start = source.indexOf('<!'); start >= 0; start = source.indexOf('<!', at)) {
    if (source[start - 1] === '\\') {
      parts.push(source.slice(at, start + 2));
      at = start + 2;
      continue;
    }
    const ends = ['-->', '!>']
      .map((mark) => ({ mark, index: source.indexOf(mark, start + 2) }))
      .filter(({ index }) => index >= 0);
    if (ends.length === 0) return undefined;
    const first = ends.reduce((one, other) => (other.index < one.index ? other : one));
    parts.push(source.slice(at, start));
    at = first.index + first.mark.length;
  }
  return parts.concat(source.slice(at)).join('');
}

/** Where the next tag starts, or the length of the text. */
function findTag(text: string, from: number, backslashes: 'ossec' | 'wazuh'): number {
  for (let start = text.indexOf('<', from); start >= 0; start = text.indexOf('<', start + 1)) {
    let count = 0;
    while (text[start - 1 - count] === '\\') count++;
    const escaped = backslashes === 'ossec' ? count > 0 : count % 2 === 1;
    if (!escaped) return start;
  }
  return text.length;
}

function isEmitted(parents: readonly string[], name: string): boolean {
  if (parents.length === 0) return false;
  return parents[0] === 'ossec_config' && wantedSections.has(parents.length === 1 ? name : (parents[1] ?? ''));
}

/** A name that XML does not allow is one that the agent has no use for. */
function safeName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) ? name : 'unknown';
}

/** The agent's values are C strings, and know no entities. */
function escapeText(text: string): string {
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
