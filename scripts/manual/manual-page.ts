import type { Command } from '../../src/commands/command';
import { codesWithMeanings } from './exit-codes';

/** The manual page contain-host(8), in the language of man(7), from the table of commands. */
export function manualPage(commands: readonly Command[], version: string): string {
  const lines = [
    `.TH CONTAIN-HOST 8 "" "contain-host ${version}" "System administration"`,
    '.SH NAME',
    'contain-host \\- cut a compromised host off the network, and give it back as it was',
    '.SH SYNOPSIS',
    ...commands.flatMap(({ name, form }) => ['.br', `.B contain-host ${plain(name)}`, plain(form)]),
    '.br',
    '.B contain-host',
    'ADD|DELETE user IP_Address',
    '.SH DESCRIPTION',
    'An OSSEC or Wazuh agent starts this program to contain the host that it runs on. A contained host can talk to the',
    "servers of its agent and to the incident handlers that were named, and to nobody else. The firewall's policy from",
    'before comes back on release. The same orders can be given by hand, as root.',
    '.SH COMMANDS',
    ...commands.flatMap(describe),
    '.SH EXIT STATUS',
    ...codesWithMeanings.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, plain(meaning)]),
    '.SH FILES',
    ...files.flatMap(([file, meaning]) => ['.TP', `.I ${file}`, plain(meaning)]),
  ];
  // A hyphen that a reader can copy.
  return `${lines.map((line, index) => (index === 0 ? line : line.replace(/(?<!\\)-/g, '\\-'))).join('\n')}\n`;
}

const files = [
  ['/var/lib/contain-host', 'the journal of the open case, and contain-host.log'],
  ['/var/ossec/logs/active-responses.log', 'one line for the server about each order'],
  ['/var/ossec/etc/shared/contain-host.json', 'the settings, pushed by the server'],
] as const;

function describe({ name, form, summary, details, options, examples }: Command): string[] {
  return [
    `.SS ${plain(`${name} ${form}`.trimEnd())}`,
    plain(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`),
    ...details.map(plain),
    ...options.flatMap((option) => [
      '.TP',
      `.B ${plain(option.form)}`,
      plain(option.values === undefined ? option.summary : `${option.summary}: ${option.values.join(', ')}`),
    ]),
    ...examples.flatMap((example) => ['.TP', `.B contain-host ${plain(example.line)}`, plain(example.summary)]),
  ];
}

/** No backslash, and no dot or quote at the start of a line, which would be a request. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}
