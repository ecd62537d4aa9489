import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { parseDocument } from 'yaml';

const root = resolve(__dirname, '../..');
const acceptance = readFileSync(join(root, 'scripts', 'windows-acceptance.ps1'), 'utf8');

/** The lines that a grammar of PowerShell does not take. */
async function wrongLines(text: string): Promise<number[]> {
  await Parser.init();
  const parser = new Parser();
  const grammar = readFileSync(require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm'));
  parser.setLanguage(await Language.load(grammar));
  const wrong = (node: Node): number[] =>
    node.isError || node.isMissing
      ? [node.startPosition.row + 1]
      : node.children.flatMap((child) => (child === null ? [] : wrong(child)));
  const tree = parser.parse(text);
  return tree === null ? [0] : wrong(tree.rootNode);
}

describe('a typing error in the acceptance test for Windows wastes nobody a machine', () => {
  test('it is PowerShell', async () => expect(await wrongLines(acceptance)).toEqual([]));

  test.each(['}', '{', ')', '"'])('one %s less, and it is not', async (character) => {
    const at = acceptance.lastIndexOf(character);
    expect(await wrongLines(acceptance.slice(0, at) + acceptance.slice(at + 1))).not.toEqual([]);
  });
});

describe('workflows', () => {
  const folder = join(root, '.github', 'workflows');
  test.each(readdirSync(folder))('%s is YAML, and every job has a runner and steps that do something', (file) => {
    const document = parseDocument(readFileSync(join(folder, file), 'utf8'), { strict: true, uniqueKeys: true });
    expect([...document.errors, ...document.warnings]).toEqual([]);
    const { jobs } = document.toJS() as {
      jobs: Record<string, { 'runs-on': string; steps: Record<string, string>[] }>;
    };
    for (const job of Object.values(jobs)) {
      expect(job['runs-on']).toEqual(expect.any(String));
      for (const step of job.steps) expect(step.uses ?? step.run).toEqual(expect.any(String));
    }
  });
});

test.each(
  spawnSync('git', ['ls-files', '*.sh', '.ci/run', 'scripts/linux/deb/p*'], { cwd: root, encoding: 'utf8' })
    .stdout.trim()
    .split('\n'),
)('%s is a shell script without typing errors', (file) => {
  const shell = readFileSync(join(root, file), 'utf8').startsWith('#!/usr/bin/env bash') ? 'bash' : 'sh';
  expect(spawnSync(shell, ['-n', file], { cwd: root, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});
