import { spawnSync } from 'node:child_process';
import { bashCompletion, powershellCompletion } from '../../scripts/manual/completions';
import { manualPage } from '../../scripts/manual/manual-page';
import { commands } from '../../src/commands/table';
import { exitCodes } from '../../src/outcome/exit-codes';

test('every command has two examples, each of which begins with its name', () => {
  for (const { name, examples } of commands) {
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const { line } of examples) expect(line.split(' ')[0]).toBe(name);
  }
});

describe('the manual page', () => {
  const page = manualPage(commands, '1.2.3');

  test('has every command, option, example and exit code', () => {
    const text = page.replaceAll('\\-', '-');
    for (const { name, options, examples } of commands) {
      expect(text).toMatch(new RegExp(`^\\.SS ${name}`, 'm'));
      for (const { form } of options) expect(text).toContain(`.B ${form}`);
      for (const { line } of examples) expect(text).toContain(`.B contain-host ${line}`);
    }
    for (const code of Object.values(exitCodes)) expect(text).toMatch(new RegExp(`^\\.B ${code}$`, 'm'));
  });

  test('has no request but those of man(7), and no hyphen that a reader could not copy', () => {
    const requests = page.split('\n').filter((line) => /^[.']/.test(line));
    expect(requests.filter((line) => !/^\.(TH|SH|SS|TP|B|I|br)( |$)/.test(line))).toEqual([]);
    expect(page.replace(/^\.TH.*$/m, '')).not.toMatch(/(?<!\\)-/);
  });
});

/** What bash offers for the words so far, the last of which is being typed. */
function offered(...words: readonly string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ');
  const script = `${bashCompletion(commands)}\nCOMP_WORDS=(contain-host ${list}); COMP_CWORD=${words.length}; _contain_host; echo "\${COMPREPLY[*]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trim().split(' ').filter(Boolean);
}

test('bash offers the commands, their options, and the values of those', () => {
  expect(offered('')).toEqual([...commands.map(({ name }) => name), '--help', '--version']);
  expect(offered('st')).toEqual(['status']);
  expect(offered('status', '--')).toEqual(['--expect', '--follow', '--line', '--json', '--help']);
  expect(offered('status', '--expect', 'cont')).toEqual(['contained']);
  expect(offered('plan', 'ADD', '--for', '')).toEqual(['windows', 'linux']);
  expect(offered('plan', 'A')).toEqual(['ADD']);
  expect(offered('help', 'rel')).toEqual(['release']);
  expect(offered('nothing', '')).toEqual([]);
});

test('PowerShell knows the same words', () => {
  const script = powershellCompletion(commands);
  for (const { name, options } of commands) {
    const [, words = ''] = new RegExp(`'${name}' = '([^']*)'`).exec(script) ?? [];
    for (const { form } of options) expect(words.split(' ')).toContain(form.split(' ')[0]);
  }
});
