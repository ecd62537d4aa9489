import type { Command, Option } from '../../src/commands/command';

const nameOf = ({ form }: Option): string => form.split(' ')[0] ?? '';

/** What bash offers behind contain-host: a command, then its options and their values. */
export function bashCompletion(commands: readonly Command[]): string {
  const cases = commands.map(({ name, options }) => `    ${name}) words='${wordsBehind(commands, name, options)}' ;;`);
  const values = commands.flatMap(({ options }) =>
    options.flatMap((option) =>
      option.values === undefined ? [] : [`    ${nameOf(option)}) words='${option.values.join(' ')}' ;;`],
    ),
  );
  return `# Completion of contain-host for bash.
_contain_host() {
  local words='${[...commands.map(({ name }) => name), '--help', '--version'].join(' ')}'
  if [ "$COMP_CWORD" -gt 1 ]; then
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words='' ;;
    esac
    case "\${COMP_WORDS[COMP_CWORD - 1]}" in
${[...new Set(values)].join('\n')}
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -F _contain_host contain-host
`;
}

/** The same for PowerShell. */
export function powershellCompletion(commands: readonly Command[]): string {
  const rows = commands.map(
    ({ name, options }) => `  '${name}' = '${wordsBehind(commands, name, options)}' -split ' '`,
  );
  return `# Completion of contain-host for PowerShell: add this line to $PROFILE
#   . "$Env:ProgramFiles\\contain-host\\contain-host.ps1"
$containHostWords = @{
${rows.join('\n')}
}
Register-ArgumentCompleter -Native -CommandName 'contain-host', 'contain-host.exe' -ScriptBlock {
  param($typed, $line)
  $command = if ($line.CommandElements.Count -gt 1) { "$($line.CommandElements[1])" } else { '' }
  $words = if ($containHostWords.ContainsKey($command)) { $containHostWords[$command] } else { $containHostWords.Keys }
  $words | Where-Object { $_ -like "$typed*" } | Sort-Object
}
`;
}

function wordsBehind(commands: readonly Command[], name: string, options: readonly Option[]): string {
  const first =
    name === 'plan'
      ? ['contain', 'release', 'ADD', 'DELETE']
      : name === 'help'
        ? commands.map((other) => other.name)
        : [];
  return [...first, ...options.map(nameOf), '--help'].join(' ');
}
