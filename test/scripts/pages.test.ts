import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { blocksOf, commandLinesOf, proseOf } from '../../fixtures/page-blocks';
import { PlayedSite } from '../../fixtures/played-site';
import packageJson from '../../package.json';
import { codesWithMeanings } from '../../scripts/manual/exit-codes';
import { commands } from '../../src/commands/table';
import { states } from '../../src/outcome/states';

const root = resolve(__dirname, '../..');
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))].filter((name) =>
  name.endsWith('.md'),
);

test.each([...pages, 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'])('the links in %s lead somewhere', (page) => {
  const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const local = targets.filter((target) => !/^https?:/.test(target));
  for (const target of local) {
    const [file = '', heading] = target.split('#');
    const path = file === '' ? page : join(dirname(page), file);
    expect({ target, exists: existsSync(join(root, path)) }).toEqual({ target, exists: true });
    if (heading !== undefined) expect(headingsOf(read(path))).toContain(heading);
  }
});

/** As GitHub makes them. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

test.each([...pages, 'CONTRIBUTING.md', 'SECURITY.md'])('the tests that %s names are there', (page) => {
  for (const [path] of read(page).matchAll(/(?<![\w/])(test|scripts|integrations)\/[\w./-]*\w/g))
    expect({ path, exists: existsSync(join(root, path)) }).toEqual({ path, exists: true });
});

/**
 * What a block is by the word behind its fence, and how its reader sees where it belongs: by the prose above it. All
 * that stands under `run` is run here.
 */
const kinds: Readonly<Record<string, { readonly isRun?: boolean; readonly above?: RegExp }>> = {
  sh: { isRun: true },
  'sh on-server': { isRun: true, above: /\b(server|manager)\b/i },
  'sh needs-server': { above: /\b(server|manager|API)\b/i },
  'sh needs-windows': { above: /Windows|elevated/ },
  powershell: { above: /PowerShell/ },
  'sh needs-linux': { above: /Linux|Debian/ },
  'sh needs-certificate': { above: /certificate/ },
  ...{ xml: {}, json: {}, text: {} },
};
const manual = pages.map((page) => ({ page, blocks: blocksOf(read(page)) }));

test.each(manual)('every block of $page says what it is, to its reader too', ({ page, blocks }) => {
  for (const { kind, text, above } of blocks) {
    expect({ text, kind, isKnown: Object.hasOwn(kinds, kind) }).toEqual({ text, kind, isKnown: true });
    expect({ text, above }).toEqual({ text, above: expect.stringMatching(kinds[kind]?.above ?? /(?:)/) });
    if (kind === 'json') expect(() => JSON.parse(text)).not.toThrow();
  }
  // Markdown makes a block of these as well, and nothing says of which kind.
  expect(proseOf(read(page)).match(/^\n {4,}\S.*/gm)).toBeNull();
});

test('there are pages with commands to run, on a host and on a server', () => {
  const isThere = (wanted: string): string[] =>
    manual.flatMap(({ page, blocks }) => (blocks.some(({ kind }) => kind === wanted) ? [page] : []));
  expect(isThere('sh')).toEqual(expect.arrayContaining(['README.md', 'docs/quick-start.md', 'docs/linux.md']));
  expect(isThere('sh on-server')).toEqual(expect.arrayContaining(['README.md', 'docs/fleet.md', 'docs/wazuh.md']));
});

const toRun = manual.flatMap(({ page, blocks }) => {
  const lines = blocks.filter(({ kind }) => kinds[kind]?.isRun).flatMap(commandLinesOf);
  return lines.length === 0 ? [] : [{ page, lines }];
});

test.each(toRun)(
  'every command in $page works, in the order in which it stands there',
  async ({ lines }) => {
    const site = new PlayedSite();
    try {
      for (const line of lines) {
        const { exitCode, stderr } = await site.type(line);
        expect({ line, stderr }).toEqual({ line, stderr: '' });
        // How well the stand-in does is another matter.
        if (!/ doctor\b/.test(line)) expect({ line, exitCode }).toEqual({ line, exitCode: 0 });
      }
    } finally {
      site.remove();
    }
  },
  120_000,
);

describe('a command within a sentence is one that there is', () => {
  const within = manual.flatMap(({ page }) =>
    [...proseOf(read(page)).matchAll(/`((?:sudo |[A-Z]+=\S+ )*)(contain-host|fleet|npm run) ([^`]+)`/g)].map(
      ([, , program = '', rest = '']) => ({ page, program, rest: rest.replaceAll(/\s+/g, ' ') }),
    ),
  );
  const known = [
    ...commands.map(({ name }) => name),
    'ADD',
    'DELETE',
    '(ADD\\|DELETE)',
    'COMMAND',
    '--version',
    '--help',
  ];

  test('many are looked at', () => expect(within.length).toBeGreaterThan(30));

  test.each(within)('$page: $program $rest', ({ program, rest }) => {
    const words = rest.split(' ');
    if (program === 'npm run') return expect(Object.keys(packageJson.scripts)).toContain(words[0]);
    const name = program === 'fleet' ? 'fleet' : (words[0] ?? '');
    expect(known).toContain(name);
    const { options = [], form = '' } = commands.find((command) => command.name === name) ?? {};
    const all = `--help ${form} ${options.map((option) => option.form).join(' ')}`;
    for (const [option] of rest.matchAll(/--[a-z][a-z-]*/g)) expect(all).toContain(option);
    if (program === 'contain-host' && name === 'fleet') expect(`fleet … ${form}`).toContain(words[1] ?? 'fleet');
    return undefined;
  });
});

describe('the reference', () => {
  const reference = read('docs/reference.md');
  const rows = (pattern: RegExp): string[][] => [...reference.matchAll(pattern)].map((row) => row.slice(1));

  test('lists every exit code with its meaning', () => {
    expect(rows(/^\| (\d) \| (.*) \|$/gm)).toEqual(codesWithMeanings.map(([code, text]) => [String(code), text]));
  });

  test('lists every command in its form', () => {
    const forms = rows(/^\| `contain-host ([a-z].*?)` \|/gm).map(([form = '']) => form.replaceAll('\\|', '|'));
    for (const { name, form } of commands) {
      if (name === 'fleet') expect(forms.some((listed) => listed.startsWith('fleet '))).toBe(true);
      else expect(forms).toContain(`${name} ${form}`.trimEnd());
    }
  });

  test('lists every state', () => {
    for (const state of states) expect(reference).toContain(`| \`${state}\` |`);
  });
});

test('the page about trouble says what to do for every exit code and every rule', () => {
  const page = read('docs/when-something-is-wrong.md');
  for (const [code] of codesWithMeanings) expect(page).toMatch(new RegExp(`^\\| ${code} \\| \\S`, 'm'));
  const rules = [...read('integrations/ossec/local_rules.xml').matchAll(/<rule id="(\d+)"/g)].map(([, id = '']) => id);
  for (const rule of rules.filter((id) => id.startsWith('1009'))) expect(page).toContain(rule);
});

test('the range of the rules’ numbers is the true one, wherever it stands', () => {
  const rules = [...read('integrations/ossec/local_rules.xml').matchAll(/<rule id="(\d+)"/g)].map(([, id]) =>
    Number(id),
  );
  const last = Math.max(...rules);
  const ends = pages.flatMap((page) => [...read(page).matchAll(/1008\d\d to\s(\d{6})|100900 to\s(\d{6})/g)]);
  expect(ends.length).toBeGreaterThanOrEqual(3);
  for (const [, wazuh, ossec] of ends) expect(Number(wazuh ?? ossec)).toBe(last);
});

test('what the README shows of the session is in the session', () => {
  const session = read('docs/session.txt');
  const [, shown = ''] = /```text\n([\s\S]*?)```/.exec(read('README.md')) ?? [];
  for (const line of shown.split('\n')) expect(session.split('\n')).toContain(line);
});
