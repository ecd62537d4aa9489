import { setTimeout as wait } from 'node:timers/promises';
import type { Judgement } from '../../outcome/states';
import type { Context } from '../firewall';
import { showProfile } from './netsh';
import type { JudgementByProfile } from './read/judge';
import { type ProfileName, profileNames } from './read/stored-rule';
import { askNetsh } from './tools';

/**
 * Judges by the profiles that are in force now. It asks Windows which these are only where some profiles are open and
 * some are not; where it cannot tell, all profiles count.
 */
export async function weigh(context: Context, judged: JudgementByProfile): Promise<Judgement> {
  const { state, gaps, openIn } = judged;
  const asked = state === 'ineffective' && openIn.length > 0 && openIn.length < profileNames.length;
  const inForce = asked ? await profilesInForce(context) : undefined;
  return inForce === undefined ? { state, gaps } : judged.weigh(inForce);
}

/**
 * Does the same as `weigh`. Where the only open profiles are ones that are not in force, it looks again a few seconds
 * later: a PC that is cut off from its domain may move to the public profile.
 */
export async function weighTwice(context: Context, judged: JudgementByProfile): Promise<Judgement> {
  const first = await weigh(context, judged);
  if (first.state === 'ineffective' || judged.openIn.length === 0) return first;
  await wait(context.host.timeouts.secondLook);
  return weigh(context, judged);
}

/** Undefined where nobody can tell, for example because a setting changed between two of the calls. */
async function profilesInForce(context: Context): Promise<ProfileName[] | undefined> {
  const [current, ...each] = await Promise.all(
    (['current', ...profileNames] as const).map((profile) => linesOf(context, profile)),
  );
  if (current === undefined || each.includes(undefined)) return undefined;
  return findInForce(
    current,
    each.map((lines = new Set()) => lines),
  );
}

/**
 * netsh translates every word, but what it prints for the current profile contains what it prints for each profile in
 * force. The lines that it prints for one profile alone, such as the heading, tell that profile from the others. `each`
 * is in the order of `profileNames`.
 */
export function findInForce(
  current: ReadonlySet<string>,
  each: readonly ReadonlySet<string>[],
): ProfileName[] | undefined {
  const found: ProfileName[] = [];
  for (const [index, name] of profileNames.entries()) {
    const others = each.filter((_, other) => other !== index);
    const own = [...(each[index] ?? [])].filter((line) => others.every((lines) => !lines.has(line)));
    const shown = own.filter((line) => current.has(line));
    if (own.length === 0 || (shown.length > 0 && shown.length < own.length)) return undefined;
    if (shown.length > 0) found.push(name);
  }
  return found.length === 0 ? undefined : found;
}

/** The lines that netsh prints, byte by byte, since their code page is not known. */
async function linesOf(context: Context, profile: 'current' | ProfileName): Promise<Set<string> | undefined> {
  const { exitCode, output } = await askNetsh(context, showProfile(profile));
  if (exitCode !== 0) return undefined;
  const lines = output
    .toString('latin1')
    .split(/\r?\n/)
    .map((line) => line.trim());
  return new Set(lines.filter((line) => line !== ''));
}
