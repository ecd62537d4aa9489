import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import packageJson from '../../package.json';
import { codesWithMeanings } from '../../scripts/manual/exit-codes';
import { commands } from '../../src/commands/table';
import { states } from '../../src/outcome/states';

const root = resolve(__dirname, '../..');
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))].filter((name) =>
  name.endsWith('.md'),
);

test.each(pages)('the links in %s lead somewhere', (page) => {
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

test.each(pages)('the tests that %s names are there', (page) => {
  for (const [path] of read(page).matchAll(/(?<![\w/])(test|scripts|integrations)\/[\w./-]*\w/g))
    expect({ path, exists: existsSync(join(root, path)) }).toEqual({ path, exists: true });
});

/** Blocks marked `sh`; what needs a server, Windows or root on Linux says so behind that, and is not run here. */
const commandsOf = (page: string): string[] =>
  [...read(page).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));

const written = pages.filter((page) => commandsOf(page).length > 0);

test('there are pages with commands to run', () => {
  expect(written).toEqual(expect.arrayContaining(['README.md', 'docs/quick-start.md', 'docs/contain-and-release.md']));
});

test.each(written)('every command in %s works, in the order in which it stands there', async (page) => {
  const endpoint = new Endpoint(emptyHost());
  try {
    for (const line of commandsOf(page)) {
      const [program = '', ...args] = line.split(' ');
      if (program === 'npm') {
        const script = args[0] === 'run' ? args[1] : args[0];
        expect(Object.keys(packageJson.scripts)).toContain(script);
        continue;
      }
      expect(program).toBe('contain-host');
      const { exitCode, stderr } = await endpoint.run(...args);
      expect({ line, stderr }).toEqual({ line, stderr: '' });
      // How well the stand-in does is another matter.
      if (args[0] !== 'doctor') expect({ line, exitCode }).toEqual({ line, exitCode: 0 });
    }
  } finally {
    endpoint.remove();
  }
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
