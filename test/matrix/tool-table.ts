import type { ToolFault } from '../../fixtures/interpose/plan';

/**
 * What an order must come to. The exit code, and what the host is afterwards: `contained` 0; `gaps` 6, contained;
 * `no-backup` 3, nothing changed; `rolled-back` 4, as it was; `released` 0, as it was before the containment; `held` 7,
 * contained still; `unclaimed` 7, as it was before, but nobody can vouch for it; `waits`: it goes on in the background.
 */
export type Promised =
  | 'contained'
  | 'gaps'
  | 'refused'
  | 'unable'
  | 'no-backup'
  | 'rolled-back'
  | 'released'
  | 'held'
  | 'unclaimed'
  | 'waits';

/** The columns of the table. */
export const kinds: readonly (readonly ToolFault[])[] = [
  ['fails'],
  ['is done, exit 1'],
  ['lies'],
  ['hangs'],
  ['is done, hangs'],
  ['is killed'],
  ['is done, killed'],
  ['is missing'],
  ['is slow'],
  ['speaks utf8', 'speaks cp850', 'speaks cp866', 'speaks cp932'],
  ['floods'],
];

export type OrderName = 'ADD' | 'second ADD' | 'DELETE';

/**
 * `shut ADD`: an ADD on a host that lets nothing out already; only there is the firewall switched on by a call of its
 * own. `sealed`: on a host whose policy opens doors, so that block rules have to close them.
 */
export type SceneName = OrderName | 'shut ADD' | `sealed ${OrderName}`;

/** The order that makes the other calls of a scene. */
export function orderOf(scene: SceneName): OrderName {
  return scene.replace(/^(shut|sealed) /, '') as OrderName;
}

/**
 * The table: an order, how often its call goes wrong, which call, and what is promised for each kind. `=`: as to the
 * left.
 */
const table = `
order      | how    | call                  | fails       exit1     lies        hangs       done,hangs killed      done,killed missing     slow      speaks    floods

ADD        | once   | reg local policy      | contained   =         =           =           =          =           =           =           =         =         =
ADD        | once   | reg domain policy     | contained   =         =           =           =          =           =           =           =         =         =
ADD        | once   | reg MpsSvc            | contained   =         =           =           =          =           =           =           =         =         =
ADD        | once   | reg BFE               | contained   =         =           =           =          =           =           =           =         =         =
ADD        | once   | reg adapters          | contained   =         =           =           =          =           =           =           =         =         =
ADD        | once   | reg connections       | contained   =         =           =           =          =           =           =           =         =         =
ADD        | once   | netsh export          | contained   =         =           =           =          =           =           =           =         =         =
ADD        | once   | netsh script          | contained   =         =           =           =          =           =           =           =         =         =
ADD        | once   | netsh block           | contained   =         =           =           =          =           =           =           =         =         =

ADD        | always | reg local policy      | no-backup   =         =           =           =          =           =           =           contained =         =
ADD        | always | reg domain policy     | gaps        =         =           =           =          =           =           =           contained =         =
ADD        | always | reg MpsSvc            | contained   =         =           =           =          =           =           =           =         =         =
ADD        | always | reg BFE               | contained   =         =           =           =          =           =           =           =         =         =
ADD        | always | reg adapters          | contained   =         =           =           =          =           =           =           =         =         =
ADD        | always | reg connections       | contained   =         =           =           =          =           =           =           =         =         =
ADD        | always | netsh export          | no-backup   contained no-backup   =           contained  no-backup   contained   no-backup   contained =         =
ADD        | always | netsh script          | contained   =         =           =           =          =           =           =           =         =         =
ADD        | always | netsh block           | rolled-back contained rolled-back =           contained  rolled-back contained   rolled-back contained =         =

shut ADD   | once   | netsh state on        | contained   =         =           =           =          =           =           =           =         =         =
shut ADD   | always | netsh state on        | rolled-back contained rolled-back =           contained  rolled-back contained   rolled-back contained =         =

second ADD | once   | reg local policy      | contained   =         =           =           =          =           =           =           =         =         =
second ADD | once   | reg domain policy     | contained   =         =           =           =          =           =           =           =         =         =
second ADD | once   | reg MpsSvc            | contained   =         =           =           =          =           =           =           =         =         =
second ADD | once   | reg BFE               | contained   =         =           =           =          =           =           =           =         =         =
second ADD | once   | reg adapters          | contained   =         =           =           =          =           =           =           =         =         =
second ADD | once   | reg connections       | contained   =         =           =           =          =           =           =           =         =         =
second ADD | once   | netsh script          | contained   =         =           =           =          =           =           =           =         =         =

second ADD | always | reg local policy      | no-backup   =         =           =           =          =           =           =           contained =         =
second ADD | always | reg domain policy     | gaps        =         =           =           =          =           =           =           contained =         =
second ADD | always | reg MpsSvc            | contained   =         =           =           =          =           =           =           =         =         =
second ADD | always | reg BFE               | contained   =         =           =           =          =           =           =           =         =         =
second ADD | always | reg adapters          | contained   =         =           =           =          =           =           =           =         =         =
second ADD | always | reg connections       | contained   =         =           =           =          =           =           =           =         =         =
second ADD | always | netsh script          | contained   =         =           =           =          =           =           =           =         =         =

DELETE     | once   | reg local policy      | released    =         =           =           =          =           =           =           =         =         =
DELETE     | once   | netsh keep            | released    =         =           =           =          =           =           =           =         =         =
DELETE     | once   | netsh import          | released    =         =           waits       =          released    =           =           =         =         =

DELETE     | always | reg local policy      | unclaimed   =         =           =           =          =           =           =           released  =         =
DELETE     | always | netsh keep            | released    =         =           =           =          =           =           =           =         =         =
DELETE     | always | netsh import          | held        unclaimed held        waits       =          held        unclaimed   held        released  =         =

sealed ADD | once   | reg leases            | contained   =         =           =           =          =           =           =           =         =         =
sealed ADD | once   | netsh seal            | contained   =         =           =           =          =           =           =           =         =         =
sealed ADD | always | reg leases            | gaps        =         =           =           =          =           =           =           contained =         =
sealed ADD | always | netsh seal            | contained   =         =           =           =          =           =           =           =         =         =

sealed second ADD | once   | reg leases     | contained   =         =           =           =          =           =           =           =         =         =
sealed second ADD | once   | netsh script   | contained   =         =           =           =          =           =           =           =         =         =
sealed second ADD | once   | netsh old seal | contained   =         =           =           =          =           =           =           =         =         =
sealed second ADD | always | netsh script   | contained   =         =           =           =          =           =           =           =         =         =
sealed second ADD | always | netsh old seal | contained   =         =           =           =          =           =           =           =         =         =

sealed DELETE | once   | netsh import       | released    =         =           waits       =          released    =           =           =         =         =
sealed DELETE | always | netsh import       | held        unclaimed held        waits       =          held        unclaimed   held        released  =         =
`;

/** How the calls of the table look in a recording. */
const calls: Readonly<Record<string, RegExp>> = {
  'reg local policy': /^start reg export .*FirewallPolicy /,
  'reg domain policy': /^start reg export .*Policies\\Microsoft /,
  'reg MpsSvc': /^start reg export .*MpsSvc /,
  'reg BFE': /^start reg export .*BFE /,
  'reg adapters': /^start reg export .*Control\\Class\\/,
  'reg connections': /^start reg export .*Control\\Network\\/,
  'netsh export': /^start netsh advfirewall export state\/reading-/,
  'reg leases': /^start reg export .*Tcpip\\Parameters /,
  'netsh script': /^start netsh -f state\/rules/,
  'netsh seal': /^start netsh -f state\/seal/,
  'netsh old seal': /^start netsh -f state\/old-seal/,
  'netsh state on': /^start netsh .* state on /,
  'netsh block': /^start netsh .*blockinbound,blockoutbound/,
  'netsh keep': /^start netsh advfirewall export state\/reading-/,
  'netsh import': /^start netsh advfirewall import /,
};

export interface Row {
  readonly order: SceneName;
  readonly always: boolean;
  readonly call: RegExp;
  readonly name: string;
  /** One for each of `kinds`. */
  readonly promised: readonly Promised[];
}

export const rows: readonly Row[] = table
  .split('\n')
  .filter((line) => /\| (once|always) /.test(line))
  .map((line) => {
    const [order, how, name, cells] = line.split('|').map((part) => part.trim()) as [SceneName, string, string, string];
    let last = '';
    const promised = cells.split(/ +/).map((cell) => {
      if (cell !== '=') last = cell;
      return last as Promised;
    });
    return { order, always: how === 'always', call: calls[name] ?? /^$/, name, promised };
  });
