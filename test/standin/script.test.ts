import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import type { Machine } from '../../fixtures/standin/machine';
import { splitWords } from '../../fixtures/standin/script';
import { type Ended, netsh, newMachine, removeMachines } from './bench';

afterEach(removeMachines);

function runScript(machine: Machine, text: string | Buffer): Ended {
  const path = join(machine.folder, 'script.txt');
  writeFileSync(path, text);
  return netsh(machine, '-f', path);
}

const add = (name: string): string =>
  `advfirewall firewall add rule name="${name}" dir=in protocol=udp localport=514 action=allow`;

test('every line runs, and success prints nothing', () => {
  const machine = newMachine(typicalHost());
  const script = ['advfirewall firewall set rule name=all new enable=no', '', add('Allow ICMP in'), add('Second')];
  expect(runScript(machine, `${script.join('\r\n')}\r\n`)).toMatchObject({ exitCode: 0, text: '', errors: '' });
  expect(machine.activeNames()).toEqual(['Allow ICMP in', 'Second']);
  expect(machine.calls()).toMatchObject([
    {
      effect: 'disabled 300, added 1, added 1',
      lines: [
        { line: 1, exitCode: 0, effect: 'disabled 300' },
        { line: 3, exitCode: 0, effect: 'added 1' },
        { line: 4, exitCode: 0, effect: 'added 1' },
      ],
    },
  ]);
});

test('a line that fails fails the whole, but the lines after it run all the same', () => {
  const machine = newMachine(emptyHost());
  const script = ['advfirewall firewall set rule all new enable=no', add('all'), add('Last')];
  const ended = runScript(machine, script.join('\n'));
  expect(ended.exitCode).toBe(1);
  expect(ended.text).toContain('No rules match the specified criteria.');
  expect(ended.text).toContain('A specified value is not valid.');
  expect(machine.activeNames()).toEqual(['Last']);
});

test('a line that is not plain ASCII is refused loudly, and the others run', () => {
  const machine = newMachine(emptyHost());
  const ended = runScript(machine, `${add('Правило')}\r\n${add('Plain')}\r\n`);
  expect(ended.exitCode).toBe(1);
  expect(ended.errors).toContain('refuses');
  expect(machine.calls()).toMatchObject([{ refused: true }]);
  expect(machine.activeNames()).toEqual(['Plain']);
});

test('a byte order mark makes a stranger of the first line', () => {
  const machine = newMachine(emptyHost());
  expect(runScript(machine, `\ufeff${add('First')}\r\n`).exitCode).toBe(1);
  expect(machine.rules()).toEqual({});
});

test.each([
  ['an open quote', 'advfirewall firewall delete rule name="Open'],
  ['a backslash before the closing quote', 'advfirewall firewall delete rule name="C:\\dir\\"'],
  ['the program itself', `netsh ${add('N')}`],
  ['a context without a command', 'advfirewall firewall'],
  ['a comment', '# comment'],
])('refuses %s', (_, line) => {
  const machine = newMachine(emptyHost());
  expect(runScript(machine, line).exitCode).toBe(1);
  expect(machine.calls()).toMatchObject([{ refused: true }]);
  expect(machine.rules()).toEqual({});
});

test('a script that is not there fails', () => {
  const machine = newMachine(emptyHost());
  expect(netsh(machine, '-f', join(machine.folder, 'missing')).exitCode).toBe(1);
});

test('words between quotes come out whole', () => {
  const word = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e][\x20\x21\x23-\x5b\x5d-\x7e]*$/);
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(splitWords(words.map((text) => `x="${text}"`).join('  '))).toEqual(words.map((text) => `x=${text}`));
    }),
  );
});
