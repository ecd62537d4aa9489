import { helpOf, usage } from '../../src/commands/help';
import { commands } from '../../src/commands/table';

test.each([['all commands', usage()], ...commands.map((command): [string, string] => [command.name, helpOf(command)])])(
  'help on %s fits a terminal of 80 columns and leaves no blanks at the end of a line',
  (_name, text) => {
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 80 || line !== line.trimEnd())).toEqual([]);
    expect(lines[0]).toMatch(/^Usage: contain-host/);
  },
);

test('a line is broken between words only, and what is broken off stands below its text', () => {
  const fleet = helpOf(commands.find(({ name }) => name === 'fleet') as (typeof commands)[number]);
  expect(fleet).toContain(
    "\n  --api URL          send through Wazuh's API, such as https://manager:55000;\n                     needed for group:NAME\n",
  );
});
