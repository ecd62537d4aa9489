import { states } from '../outcome/states';
import type { Command, Option } from './command';

const json: Option = { form: '--json', summary: 'print one JSON object, for other programs' };

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [
  {
    name: 'contain',
    form: 'IP [case=N] [--keep-my-session]',
    summary: 'cut this host off; IP is the address of your workstation, which can still reach it',
    details: [
      'The servers of the agent, IP and the handlers in the settings are let through, nobody else. On Windows the firewall policy is saved first.',
      'Where you are connected from an address that will be cut off, you are warned.',
      'The same as: contain-host ADD - IP [case=N]',
    ],
    options: [
      {
        form: '--keep-my-session',
        summary: 'also let in the address from which you are connected (SSH, Remote Desktop)',
      },
    ],
    examples: [
      { line: 'contain 192.0.2.50', summary: 'cut this host off; 192.0.2.50 can still reach it' },
      { line: 'contain 192.0.2.50 case=77', summary: 'the same, with the number of your case in all logs' },
    ],
    run: async (host, args) => (await import('./order')).contain(host, args),
  },
  {
    name: 'release',
    form: '[case=N]',
    summary: 'give this host back, with the firewall policy that it had before',
    details: ['The same as: contain-host DELETE - -'],
    options: [],
    examples: [
      { line: 'release', summary: 'give this host back' },
      { line: 'release case=77', summary: 'the same, with the number of your case in all logs' },
    ],
    run: async (host, args) => (await import('./order')).release(host, args),
  },
  {
    name: 'status',
    form: '[--expect STATE] [--follow] [--json | --line]',
    summary: 'is this host contained, who is let in, and what is open',
    details: ['Changes nothing.'],
    options: [
      { form: '--expect STATE', summary: 'exit with 0 in this state only, else with 1', values: states },
      { form: '--follow', summary: 'while an order is at work: show its steps, then the status' },
      { form: '--line', summary: "one stable line for the agents' command monitoring, within a second" },
      json,
    ],
    examples: [
      { line: 'status', summary: 'show the state, the gaps, and who is let in' },
      { line: 'status --expect contained', summary: 'for scripts: exit code 0 when this host is contained' },
    ],
    run: async (host, args) => (await import('./status')).status(host, args),
  },
  {
    name: 'plan',
    form: '(contain IP | release | ADD|DELETE user IP) [--for SYSTEM] [--original] [--json]',
    summary: 'show every step and command of an order; changes nothing, needs no rights',
    details: [],
    options: [
      { form: '--for SYSTEM', summary: 'the steps on this system', values: ['windows', 'linux'] },
      { form: '--original', summary: "the batch script's own commands, to compare; they cannot be applied" },
      json,
    ],
    examples: [
      { line: 'plan contain 192.0.2.50', summary: 'what contain 192.0.2.50 would do here' },
      { line: 'plan release --for windows', summary: 'what release does on Windows' },
    ],
    run: async (host, args) => (await import('./plan')).plan(host, args),
  },
  {
    name: 'doctor',
    form: '[--json]',
    summary: 'would containment work here, now, and if not, what to do',
    details: ['Changes nothing.'],
    options: [json],
    examples: [
      { line: 'doctor', summary: 'look at everything that a containment needs' },
      { line: 'doctor --json', summary: 'the same for other programs' },
    ],
    run: async (host, args) => (await import('./doctor')).doctor(host, args),
  },
  {
    name: 'reserve',
    form: '',
    summary: 'make the reserve on the disk, so that a full disk keeps no host from being contained',
    details: [
      'Windows only. The installer does this, and each order; after a copy by hand do it once. An order that finds the disk full gives the reserve up, and makes it again afterwards.',
    ],
    options: [],
    examples: [
      { line: 'reserve', summary: 'make what is missing of it' },
      { line: 'reserve --help', summary: 'say what it is for' },
    ],
    run: async (host, args) => (await import('./reserve')).reserve(host, args),
  },
  {
    name: 'report',
    form: '[CASE] [--html FILE | --json | --csv]',
    summary: 'what happened in a case, for the ticket',
    details: ['CASE is the number of a case; without one it is the newest. Changes nothing.'],
    options: [
      { form: '--html FILE', summary: 'write one page with everything in it' },
      { form: '--csv', summary: 'a timeline that Timesketch reads' },
      json,
    ],
    examples: [
      { line: 'report', summary: 'what happened in the newest case' },
      { line: 'report 77 --html case-77.html', summary: 'a page about case 77' },
    ],
    run: async (host, args) => (await import('./report')).report(host, args),
  },
  {
    name: 'evidence',
    form: '[CASE] [--verify] [--archive FILE]',
    summary: 'what was collected beside a cut, before it was gone: list, verify, pack',
    details: [
      'CASE is the number of a case; without one all evidence is meant. Changes nothing. Links are not followed; files that no manifest names are not packed.',
      'The exit code is 0, or 6 where a file is missing, was changed or added, or a link stands in its place; each is named.',
    ],
    options: [
      { form: '--verify', summary: 'read every file and compare it with its manifest' },
      { form: '--archive FILE', summary: 'the same, then pack everything into a new ZIP file' },
    ],
    examples: [
      { line: 'evidence 77 --verify', summary: 'compare every file of case 77 with its manifest' },
      { line: 'evidence 77 --archive case-77.zip', summary: 'pack it for whoever looks into it' },
    ],
    run: async (host, args) => (await import('./evidence')).evidence(host, args),
  },
  {
    name: 'fleet',
    form: '(contain AGENT... --handler IP | release AGENT... | status | doctor | install-kit) [options]',
    summary: 'on the server: order many agents, see each confirm, see who is contained',
    details: [
      'Run this as root on the OSSEC or Wazuh server. AGENT is a number, a name, a pattern such as "pc-*", or with --api group:NAME.',
      'doctor looks whether orders would get through and come back: the kit, the alerts, the agents.',
      'install-kit puts the rules and commands into the configuration of the server, and takes them back where the test of the server fails.',
      'An order counts as confirmed only by the line that the agent itself sends. The exit code is 0 when every agent has confirmed, else 1.',
    ],
    options: [
      { form: '--handler IP', summary: 'the workstation that the contained hosts let in' },
      { form: '--case N', summary: 'the number of your case, for all logs' },
      { form: '--wait SECONDS', summary: 'how long to wait for the agents; 90 unless told' },
      { form: '--api URL', summary: "send through Wazuh's API, such as https://manager:55000; needed for group:NAME" },
      { form: '--ca FILE', summary: "the certificate of the authority that signed the API's" },
      { form: '--token-file FILE', summary: "the API's token; without it WAZUH_API_TOKEN in the environment" },
      { form: '--yes N', summary: 'do not ask whether the patterns are right: they mean N agents' },
      { form: '--dry-run', summary: 'show the calls, or what install-kit would change; send and change nothing' },
      { form: '--since DAYS', summary: 'status: read the alerts of so many days; 90 unless told' },
      { form: '--html FILE', summary: 'status: write one page with everything in it' },
      json,
    ],
    examples: [
      {
        line: 'fleet contain 011 pc-17 --handler 192.0.2.50 --case 77',
        summary: 'cut two hosts off, and wait for both',
      },
      { line: 'fleet status', summary: 'who is contained now, and which hosts need attention' },
      { line: 'fleet install-kit --dry-run', summary: 'what would be added to the server' },
      { line: 'fleet doctor', summary: 'would orders from this server get through, and their outcomes come back' },
    ],
    run: async (host, args) => (await import('./fleet')).fleet(host, args),
  },
  {
    name: 'help',
    form: '[COMMAND]',
    summary: 'show this help, or that of one command',
    details: [],
    options: [],
    examples: [
      { line: 'help', summary: 'list the commands' },
      { line: 'help contain', summary: 'explain one command' },
    ],
    run: async (_, args) => (await import('./help')).help(args),
  },
];

/** In upper or lower case: whoever types in a hurry may have Caps Lock on. */
export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name.toLowerCase());
}
