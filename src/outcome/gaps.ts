import type { State } from './states';

interface Line {
  /** What a host with this gap is, at best. Only `degraded` is contained. */
  readonly state: Exclude<State, 'contained'>;
  /** What there can be several of, each with this gap; a gap names its own. `profile?`: on Windows only. */
  readonly per: 'host' | 'profile' | 'profile?' | 'family' | 'hook';
  /** Only an ADD can see it, so it holds until the next one. */
  readonly lasts: boolean;
  /** For people. The names of what was found, if any, follow it. docs/status-json.md has the same words. */
  readonly text: string;
}

const small = { state: 'degraded', per: 'host', lasts: false } as const;
const fatal = { state: 'ineffective', per: 'host', lasts: false } as const;
const perProfile = { per: 'profile' } as const;
const lasting = { lasts: true } as const;

/**
 * Everything that keeps a containment from being whole. The codes are stable: scripts and the rules on servers rely on
 * them.
 */
export const gaps = {
  'profile-off': { ...fatal, ...perProfile, text: 'The firewall is off' },
  'outbound-allowed': { ...fatal, ...perProfile, text: 'Everything may go out' },
  'inbound-allowed': { ...fatal, ...perProfile, text: 'Everything may come in' },
  'local-rules-ignored': { ...fatal, text: 'Group policy ignores every local rule, in every profile' },
  'interface-excluded': { ...fatal, ...perProfile, text: 'Interfaces are not filtered' },
  'open-policy-rule': { ...fatal, text: 'Rules of group policy or device management let anybody through' },
  'open-foreign-rule': { ...fatal, text: 'Rules that are not ours let others through' },
  'firewall-stopped': { ...fatal, text: 'Nothing is filtered: services of the firewall do not run' },
  'probe-answers': { ...fatal, ...lasting, text: 'The probe can still be reached, although nothing lets it through' },
  'table-off': { ...fatal, per: 'family', text: 'Somebody switched our table off' },
  'not-dropped': { ...fatal, per: 'hook', text: 'Nothing drops packets by default' },
  open: {
    ...small,
    ...perProfile,
    text: 'OPEN, though not in force now,',
  },
  'outbound-partly-allowed': { ...small, ...perProfile, text: 'Protocols of these numbers may go out' },
  'inbound-partly-allowed': { ...small, ...perProfile, text: 'Protocols of these numbers may come in' },
  'bypass-rule': { ...small, text: 'Rules let authenticated computers through, and no rule of ours can stop them' },
  'value-not-understood': {
    ...small,
    text: 'Values are of a type that Windows may take or not, so what is in force is not known',
  },
  'policy-allow-rule': { ...small, text: 'Rules of group policy or device management are active' },
  'foreign-rule': { ...small, text: 'Local rules that are not ours are active' },
  'rule-missing': { ...small, text: 'Rules of ours are missing' },
  'rule-differs': { ...small, text: 'Rules of ours are not as they should be' },
  'rule-not-understood': { ...small, text: 'Active rules are not understood' },
  'server-lost': { ...small, ...perProfile, text: 'The server cannot be reached' },
  'server-uncertain': { ...small, ...perProfile, text: 'It is unknown whether the server can be reached' },
  'server-blocked': { ...small, text: 'A server cannot be reached' },
  'server-silent': { ...small, ...lasting, text: 'These servers answered before and do not now' },
  'server-by-tunnel': {
    ...small,
    ...lasting,
    text: 'A tunnel leads to the server; if it is a VPN whose own server is not let through, the containment cuts off both',
  },
  'server-route-unread': {
    ...small,
    ...lasting,
    text: 'It is not known whether a tunnel leads to the server, with which it would be lost',
  },
  'server-behind-nat': {
    ...small,
    text: 'NAT on this host redirects packets for a UDP server; after minutes of silence the orders of that server, a release too, do not come in until the agent speaks again',
  },
  'handler-blocked': { ...small, per: 'profile?', text: 'A handler cannot come in, or cannot be reached' },
  'ipsec-demanded': {
    ...small,
    text: 'Connection security rules demand IPsec of everybody, so it is unknown whether the server and the handlers are let through',
  },
  'entry-blocked': { ...small, text: 'Somebody whom the settings let through is kept out' },
  'dns-blocked': { ...small, text: 'A name server cannot be reached' },
  'dns-open': {
    ...small,
    ...lasting,
    text: 'DNS is open to every program, because the names of the servers cannot be pinned',
  },
  'no-name-server': {
    ...small,
    ...lasting,
    text: 'The agent may not find its server again: the names of the servers cannot be pinned, and no name server is known that could be let through',
  },
  'names-lost': {
    ...small,
    text: 'Names of servers are not pinned any more, so the agent may not find its server again; repeat ADD',
  },
  'names-left': {
    ...small,
    text: 'No case is open, and names of servers are still pinned; repeat DELETE, which takes them out',
  },
  'inbound-exceptions-ignored': {
    ...small,
    ...perProfile,
    text: "All connections from outside are blocked, the handler's too",
  },
  'bridged-guests-open': { ...small, text: 'Guests that are bridged to the network are not cut off' },
  'rewritten-open': { ...small, text: 'What NAT on this host sends elsewhere is not held back' },
  'unseen-path': { ...small, text: 'Packets can get past the firewall, where none of its hooks sees them' },
  'not-saved': { ...small, text: 'Nothing makes the rules again at the next start' },
  'seal-incomplete': { ...small, ...lasting, text: 'The seal is not whole' },
  'dhcp-open': { ...small, ...lasting, text: 'DHCP is let through to any server' },
  'domain-policy-unreadable': { ...small, text: 'What the domain imposes is unknown' },
  'policy-unreadable': { ...small, state: 'uncertain', text: 'The firewall policy cannot be read' },
  'rules-not-recognised': {
    ...small,
    state: 'uncertain',
    text: 'This nft lists our tables in words that are not understood, so what is in them cannot be told; they stay',
  },
  'rules-unreadable': { ...small, state: 'uncertain', text: 'The rules in force cannot be read' },
  'unfinished-step': {
    ...small,
    state: 'interrupted',
    text: 'A step did not finish; repeat the order, ADD or DELETE, either puts this right',
  },
  'containment-undone': {
    ...small,
    state: 'not-contained',
    text: 'The containment that was asked for is not in force; repeat ADD, or close the case with DELETE',
  },
} as const satisfies Readonly<Record<string, Line>>;

export type GapCode = keyof typeof gaps;

/** How Windows calls its profiles. */
export const profileLabels = { domain: 'Domain', private: 'Private', public: 'Public' } as const;

/** The fields by which each kind names its own. */
interface Places {
  readonly host: unknown;
  readonly profile: { readonly profile: keyof typeof profileLabels };
  readonly 'profile?': { readonly profile?: keyof typeof profileLabels };
  readonly family: { readonly family: string };
  readonly hook: { readonly hook: string };
}

/** Which gap, and where. */
export type GapAt = { [Code in GapCode]: { readonly code: Code } & Places[(typeof gaps)[Code]['per']] }[GapCode];

/** Something that keeps a containment from being whole. `detail` is for people and may name a rule. */
export type Gap = GapAt & { readonly detail: string };

/** `found`: the names of what was found, or the reason. */
export function gapOf(at: GapAt, found?: string): Gap {
  const where = 'profile' in at && at.profile !== undefined ? ` in the ${profileLabels[at.profile]} profile` : '';
  const hook = 'hook' in at ? ` at ${at.hook}` : '';
  return { ...at, detail: `${gaps[at.code].text}${where}${hook}${found === undefined ? '' : `: ${found}`}` };
}

/** The code as others read it, one word with its place in it: `profile-off-on-Public`, `not-dropped-inet-output`. */
export function codeOf(gap: GapAt): string {
  if ('profile' in gap && gap.profile !== undefined) return `${gap.code}-on-${profileLabels[gap.profile]}`;
  if ('family' in gap) return `${gap.code}-${gap.family}`;
  return 'hook' in gap ? `${gap.code}-${gap.hook.replace(' ', '-')}` : gap.code;
}

/** The gap as people read it. */
export function textOf(gap: Gap): string {
  return `${gap.detail} [${codeOf(gap)}]`;
}

/** The gap as JSON has it. */
export function printed(gap: Gap): { readonly code: string; readonly detail: string } {
  return { code: codeOf(gap), detail: gap.detail };
}

/**
 * Those that only an ADD could see; they hold until the next one. What another version wrote down may have other codes.
 */
export function lastingGaps(found: readonly Gap[]): Gap[] {
  return found.filter(({ code }) => Object.hasOwn(gaps, code) && gaps[code].lasts);
}

/** Where a host is held only in some profiles, which these are; undefined where it is held in all or in none. */
export function heldInPart(found: readonly Gap[]): string | undefined {
  const open = found.flatMap((gap) => (gap.code === 'open' ? [profileLabels[gap.profile]] : []));
  if (open.length === 0) return undefined;
  const held = Object.values(profileLabels).filter((label) => !open.includes(label));
  return `Sealed in ${held.join(' and ')}, OPEN in ${open.join(' and ')}`;
}

/** True for the gap with which a restart lifts the containment, or brings back an earlier one. */
export function isNotSaved({ code }: Gap): boolean {
  return code === 'not-saved';
}

/** True when no server could be reached in any profile: such an ADD is refused unless the settings say otherwise. */
export function isServerLostEverywhere(found: readonly Gap[]): boolean {
  const lostIn = new Set(found.flatMap((gap) => (gap.code === 'server-lost' ? [gap.profile] : [])));
  return lostIn.size === Object.keys(profileLabels).length;
}
