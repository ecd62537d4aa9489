import { type AddressItem, readAddressItem } from './address-range';
import { type Field, isSingleField, plainName, readFields } from './rule-fields';
import { type IcmpType, type PortItem, readIcmpType, readPort } from './rule-items';
import { type ProfileName, profileNames, type StoredRule } from './stored-rule';

/** Reads a stored rule. Never fails: what is wrong with a rule stands in `notUnderstood`. */
export function parseRule(id: string, raw: string): StoredRule {
  const { fields, problem } = readFields(raw);
  const rule = new RuleDraft(id, raw, problem);
  const seen = new Set<string>();
  for (const [name, value] of fields) {
    if (isSingleField(name) && seen.has(name)) rule.complain(`${name} more than once`);
    seen.add(name);
    const plain = plainName(name);
    if (plain === undefined) rule.unknownFields.push(name);
    else if (narrowing.has(plain)) restrict(rule, plain, value);
    else readers.get(plain)?.(rule, value);
  }
  for (const needed of ['action', 'dir']) if (!seen.has(needed)) rule.complain(`no ${needed}`);
  if (rule.action === 'allow' && fields.some(beatsBlocks)) rule.action = 'bypass';
  return rule;
}

/**
 * An outbound rule that allows, with this flag, beats block rules as `ByPass` does inbound ([MS-FASP], the flag
 * AUTHENTICATE_BYPASS_OUTBOUND).
 */
function beatsBlocks([name, value]: Field): boolean {
  return name === 'authbypassout' && value.toLowerCase() !== 'false';
}

/** A rule while its fields are read, in order. It starts with what absent fields mean. */
class RuleDraft implements StoredRule {
  name = '';
  active = false;
  action: StoredRule['action'] = 'allow';
  direction: StoredRule['direction'] = 'out';
  protocol: StoredRule['protocol'] = 'any';
  profiles: readonly ProfileName[] = profileNames;
  readonly localPorts: PortItem[] = [];
  readonly remotePorts: PortItem[] = [];
  readonly icmpTypes: IcmpType[] = [];
  readonly localAddresses: AddressItem[] = [];
  readonly remoteAddresses: AddressItem[] = [];
  app: string | undefined = undefined;
  service: string | undefined = undefined;
  readonly restrictions: string[] = [];
  readonly unknownFields: string[] = [];

  constructor(
    readonly id: string,
    readonly raw: string,
    public notUnderstood: string | undefined,
  ) {}

  /** The first complaint is the one that is kept. */
  complain(what: string): void {
    this.notUnderstood ??= what;
  }
}

/** Fields that narrow a rule in a way that nobody here looks at more closely. */
const narrowing = new Set(
  'iftype if luown luauth luauth2_24 apppkgid pfn security rmauth ruauth ttk nnm securityrealmid platform lom'.split(
    ' ',
  ),
);

function restrict(rule: RuleDraft, name: string, value: string): void {
  const isUnset = name === 'lom' && value.toLowerCase() === 'false';
  if (!isUnset && !rule.restrictions.includes(name)) rule.restrictions.push(name);
}

type Reader = (rule: RuleDraft, value: string) => void;

/** Fields that are not listed here do not matter to packets: descriptions, groups, edge traversal. */
const readers = new Map<string, Reader>([
  ['name', readName],
  ['active', readActive],
  ['action', readAction],
  ['dir', readDirection],
  ['protocol', readProtocol],
  ['profile', readProfile],
  ['lport', portReader(({ localPorts }) => localPorts)],
  ['rport', portReader(({ remotePorts }) => remotePorts)],
  ['icmp4', icmpReader(1)],
  ['icmp6', icmpReader(58)],
  ['la4', addressReader(4, ({ localAddresses }) => localAddresses)],
  ['la6', addressReader(6, ({ localAddresses }) => localAddresses)],
  ['ra4', addressReader(4, ({ remoteAddresses }) => remoteAddresses)],
  ['ra6', addressReader(6, ({ remoteAddresses }) => remoteAddresses)],
  ['app', readApp],
  ['svc', readService],
]);

function readName(rule: RuleDraft, value: string): void {
  rule.name = value;
}

/** A rule that says neither true nor false may be active. */
function readActive(rule: RuleDraft, value: string): void {
  const word = value.toLowerCase();
  if (word !== 'true' && word !== 'false') rule.complain('whether it is active');
  rule.active = word !== 'false';
}

function readAction(rule: RuleDraft, value: string): void {
  const word = value.toLowerCase();
  if (word === 'allow' || word === 'block' || word === 'bypass') rule.action = word;
  else rule.complain('its action');
}

function readDirection(rule: RuleDraft, value: string): void {
  const word = value.toLowerCase();
  if (word === 'in' || word === 'out') rule.direction = word;
  else rule.complain('its direction');
}

function readProtocol(rule: RuleDraft, value: string): void {
  const number = /^\d{1,3}$/.test(value) ? Number(value) : undefined;
  if (number === undefined || number > 256) rule.complain('its protocol');
  else if (number < 256) rule.protocol = number;
}

/** A rule that names no profile is for all of them. */
function readProfile(rule: RuleDraft, value: string): void {
  const profile = profileNames.find((name) => name === value.toLowerCase());
  if (profile === undefined) rule.complain('its profiles');
  const before: readonly ProfileName[] = rule.profiles === profileNames ? [] : rule.profiles;
  rule.profiles = profileNames.filter((name) => name === profile || before.includes(name));
}

/** Windows rejects a rule whose ports or types do not come after a protocol that has them. */
function mustFollow(rule: RuleDraft, what: string, ...protocols: readonly number[]): void {
  if (rule.protocol === 'any' || !protocols.includes(rule.protocol)) rule.complain(`${what} without their protocol`);
}

function portReader(listOf: (rule: RuleDraft) => PortItem[]): Reader {
  return (rule, value) => {
    mustFollow(rule, 'ports', 6, 17);
    add(rule, listOf(rule), readPort(value), 'its ports');
  };
}

function icmpReader(protocol: number): Reader {
  return (rule, value) => {
    mustFollow(rule, 'ICMP types', protocol);
    add(rule, rule.icmpTypes, readIcmpType(value), 'its ICMP types');
  };
}

function addressReader(family: 4 | 6, listOf: (rule: RuleDraft) => AddressItem[]): Reader {
  return (rule, value) => add(rule, listOf(rule), readAddressItem(value, family), 'its addresses');
}

function add<T>(rule: RuleDraft, items: T[], item: T | undefined, what: string): void {
  if (item === undefined) rule.complain(what);
  else items.push(item);
}

/** Windows could take an empty text for no program or for any program. */
function readApp(rule: RuleDraft, value: string): void {
  if (value === '') rule.complain('an empty app');
  rule.app = value;
}

function readService(rule: RuleDraft, value: string): void {
  if (value === '') rule.complain('an empty svc');
  rule.service = value;
}
