import { isPair, readOperatorWords } from './operator-words';
import { longestAddress } from './request';
import { help, isHelpWord, quote, refused, type Understood } from './understood';

/** Pairs that count in a person's order. */
const pair = /^(case|order)=[A-Za-z0-9._-]{1,64}$/;

const keepOption = '--keep-my-session';

/** `contain IP [case=N] [--keep-my-session]`: a person's ADD. Without any word it asks for help. */
export function parseContain(args: readonly string[]): Understood {
  if (args.length === 0 || args.some(isHelpWord)) return help;
  const [address, ...more] = args.filter((word) => word !== keepOption);
  if (address === undefined || isPair(address) || address.startsWith('--'))
    return refused('The IP address of the handler comes first.');
  if (more.length > 0 && !/[.:]/.test(address))
    return refused(`The IP address of the handler comes first, and ${quote(address)} is none.`);
  return readWords('contain', more, () => ({
    kind: 'order',
    byHand: true,
    keepsSession: args.includes(keepOption),
    request: {
      action: 'add',
      dialect: 'ossec',
      requestedBy: 'operator',
      address: address.trim().slice(0, longestAddress),
      ...readOperatorWords(more),
    },
  }));
}

/** `release [case=N]`: a person's DELETE. */
export function parseRelease(args: readonly string[]): Understood {
  if (args.some(isHelpWord)) return help;
  return readWords('release', args, () => ({
    kind: 'order',
    byHand: true,
    request: {
      action: 'delete',
      dialect: 'ossec',
      requestedBy: 'operator',
      address: '-',
      ...readOperatorWords(args),
    },
  }));
}

function readWords(command: string, words: readonly string[], understood: () => Understood): Understood {
  const strange = words.find((word) => !pair.test(word));
  const twice = ['case', 'order'].find((name) => words.filter((word) => word.startsWith(`${name}=`)).length > 1);
  if (strange === undefined && twice !== undefined) return refused(`${twice}= stands twice.`);
  if (strange === undefined) return understood();
  if (strange.startsWith('case=') || strange.startsWith('order='))
    return refused(`${quote(strange)} was not understood: letters, digits, ".", "_" and "-" may follow, at most 64.`);
  if (/^(--?|\/)?(case|order)\b/i.test(strange))
    return refused(`${quote(strange)} was not understood: the number of the case is written case=77.`);
  if (strange.startsWith('-')) return refused(`${command} has no option ${quote(strange)}.`);
  return refused(`${quote(strange)} was not understood: ${takes[command] ?? ''}.`);
}

const takes: Readonly<Record<string, string>> = {
  contain: 'contain takes one IP address, then case=N',
  release: 'release takes case=N and nothing else, since it gives back this very host',
};
