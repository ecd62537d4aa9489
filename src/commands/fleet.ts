import { parseArgs } from 'node:util';
import { FleetFailure } from '../fleet/server';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { complain } from '../outcome/output/say';
import { isRefusal, parseHost } from '../policy/address';
import { quote } from '../request/understood';
import { refuseOptions, whatIsWrong } from './refuse';

const defaultWaitMs = 90_000;
const defaultDays = 90;

/** Orders many agents from their server, and says what became of each; returns 0 only if all have confirmed. */
export async function fleet(host: Host, [word, ...args]: readonly string[]): Promise<number> {
  // In upper or lower case, as the commands themselves.
  const what = word?.toLowerCase();
  try {
    if (what === 'contain' || what === 'release') return await order(host, what, args);
    if (what === 'status') return await status(host, args);
    if (what === 'install-kit') return await installKit(host, args);
    if (what === 'doctor') return await doctor(host, args);
  } catch (error) {
    if (error instanceof Misunderstood) return refuseOptions('fleet', error.message);
    if (!(error instanceof FleetFailure)) throw error;
    complain(`${error.message}\n`);
    return exitCodes.refused;
  }
  const reason = what === undefined ? 'What is the fleet to do?' : `fleet does not know ${quote(word ?? '')}.`;
  return refuseOptions('fleet', `${reason} There are contain, release, status, doctor and install-kit.`);
}

class Misunderstood extends Error {}

async function order(host: Host, action: 'contain' | 'release', args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args, {
    handler: { type: 'string' },
    case: { type: 'string' },
    wait: { type: 'string' },
    yes: { type: 'string' },
    api: { type: 'string' },
    ca: { type: 'string' },
    'token-file': { type: 'string' },
    'dry-run': { type: 'boolean' },
    json: { type: 'boolean' },
  } as const);
  if (positionals.length === 0)
    throw new Misunderstood(`Which agents? fleet ${action} takes numbers, names or patterns.`);
  const { handler, case: caseNumber, wait, yes } = values;
  if (action === 'release' && handler !== undefined) throw new Misunderstood('A release takes no handler.');
  if (action === 'contain') checkHandler(handler);
  if (caseNumber !== undefined && !/^[A-Za-z0-9._-]{1,64}$/.test(caseNumber))
    throw new Misunderstood(
      `${quote(caseNumber)} is no case number: letters, digits, dots, hyphens and underscores, at most 64.`,
    );
  const [{ orderFleet }, { readApiAccess }] = await Promise.all([
    import('../fleet/orders'),
    import('../fleet/api-access'),
  ]);
  const access = readApiAccess(host.env, values);
  return orderFleet(host, {
    action,
    agents: positionals,
    ...(handler === undefined ? {} : { handler }),
    ...(caseNumber === undefined ? {} : { caseNumber }),
    waitMs: wait === undefined ? defaultWaitMs : readNumber('--wait', wait.replace(/s$/, '')) * 1000,
    ...(yes === undefined ? {} : { yes: readNumber('--yes', yes) }),
    ...(access === undefined ? {} : { api: access }),
    dryRun: values['dry-run'] ?? false,
    json: values.json ?? false,
  });
}

function checkHandler(handler: string | undefined): void {
  if (handler === undefined)
    throw new Misunderstood(
      'Without --handler IP nobody could reach the contained hosts: give the address of your workstation.',
    );
  const address = parseHost(handler);
  if (isRefusal(address)) throw new Misunderstood(`${quote(handler)} is no address of a handler: ${address.refused}.`);
}

async function status(host: Host, args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args, {
    since: { type: 'string' },
    json: { type: 'boolean' },
    html: { type: 'string' },
  } as const);
  if (positionals[0] !== undefined) throw new Misunderstood(`fleet status does not take ${quote(positionals[0])}.`);
  const { since, json, html } = values;
  const { showFleet } = await import('../fleet/status');
  return showFleet(host, {
    days: since === undefined ? defaultDays : readNumber('--since', since.replace(/d$/, '')),
    json: json ?? false,
    ...(html === undefined ? {} : { html }),
  });
}

async function installKit(host: Host, args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args, { 'dry-run': { type: 'boolean' } } as const);
  if (positionals[0] !== undefined)
    throw new Misunderstood(`fleet install-kit does not take ${quote(positionals[0])}.`);
  const kit = await import('../fleet/kit/install');
  return kit.installKit(host, { dryRun: values['dry-run'] ?? false });
}

async function doctor(host: Host, args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args, {
    api: { type: 'string' },
    ca: { type: 'string' },
    'token-file': { type: 'string' },
    json: { type: 'boolean' },
  } as const);
  if (positionals[0] !== undefined) throw new Misunderstood(`fleet doctor does not take ${quote(positionals[0])}.`);
  return (await import('./fleet-doctor')).fleetDoctor(host, values);
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

function read<T extends Options>(args: readonly string[], options: T) {
  const config = { args: [...args], options, allowPositionals: true, tokens: true } as const;
  let parsed: ReturnType<typeof parseArgs<typeof config>>;
  try {
    parsed = parseArgs(config);
  } catch (error) {
    throw new Misunderstood(whatIsWrong('fleet', args, error));
  }
  // Of two handlers the last would be let in and the first cut off, without a word.
  const names = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Misunderstood(`--${twice} is given twice.`);
  return parsed;
}

function readNumber(option: string, text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) === 0)
    throw new Misunderstood(`${option} takes a whole number, 1 or more.`);
  return Number(text);
}
