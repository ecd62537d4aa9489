/** One field of a stored rule: its name in lower case, and its value as written. */
export type Field = readonly [name: string, value: string];

export interface RuleFields {
  readonly fields: readonly Field[];
  /** What is wrong, if anything. */
  readonly problem: string | undefined;
}

/** Cuts `v2.31|Action=Allow|Dir=In|...|` into its fields ([MS-GPFAS] 2.2.2.19); no value contains a bar. */
export function readFields(raw: string): RuleFields {
  const [head = '', ...parts] = raw.split('|');
  let problem = /^v\d{1,3}\.\d{1,3}$/i.test(head) ? undefined : 'its version';
  if (parts.at(-1) === '') parts.pop();
  else problem ??= 'its end';
  const fields: Field[] = [];
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals < 1) problem ??= 'a field without a name or value';
    else fields.push([part.slice(0, equals).toLowerCase(), part.slice(equals + 1)]);
  }
  return { fields, problem };
}

/** Fields that a rule has at most once; the others are repeated, with one item each. */
const single =
  `action active dir protocol app svc name desc embedctxt edge defer lsm lom pcross authbypassout rmauth ruauth luauth
   luauth2_24 luown apppkgid pfn nnm securityrealmid skipver security`.split(/\s+/);
const repeated = 'profile lport rport icmp4 icmp6 la4 la6 ra4 ra6 if iftype platform platform2 ttk'.split(' ');

/**
 * What a later version of Windows added to a field stands under a name of its own: `LPort2_10`, `RA42`, `Security2_9`.
 */
const later = /^([lr]port|[lr]a[46]|security|ttk)2(_\d+)?$/;
const laterNames = 'lport2_10 rport2_10 lport2_20 lport2_24 lport2_29 rport2_28 ra42 ra62 security2 security2_9'.split(
  ' ',
);

const plainNames = new Map([
  ...[...single, ...repeated].map((name) => [name, name] as const),
  ...laterNames.map((name) => [name, name.replace(later, '$1')] as const),
]);
const singleNames = new Set([...single, 'security2', 'security2_9']);

/**
 * The name that a field goes by in every version, such as `lport` for `lport2_10`; undefined for fields that
 * [MS-GPFAS] 2.2.2.19 does not list.
 */
export function plainName(name: string): string | undefined {
  return plainNames.get(name) ?? later.exec(name)?.[1];
}

export function isSingleField(name: string): boolean {
  return singleNames.has(name);
}
