import { parseRule } from './parse-rule';
import type { StoredRule } from './stored-rule';

/**
 * A stored rule that is read no further than it is asked for: a host may have some ten thousand, and of most of them
 * only the name and whether they are active matter. A block rule with a `doubt` counts as not understood.
 */
export function ruleOnDemand(id: string, raw: string, doubt?: string): StoredRule {
  return new RuleOnDemand(id, raw, doubt);
}

const nameOrActive = /\|(name|active)=([^|]*)/gi;

/**
 * What `parseRule` says of these two: where a field stands twice its last value counts, and no value but "false" is
 * inactive.
 */
export function readNameAndActive(raw: string): Pick<StoredRule, 'name' | 'active'> {
  let name = '';
  let active = false;
  nameOrActive.lastIndex = 0;
  for (let field = nameOrActive.exec(raw); field !== null; field = nameOrActive.exec(raw)) {
    const [, which = '', value = ''] = field;
    if (which.length === 'name'.length) name = value;
    else active = value.toLowerCase() !== 'false';
  }
  return { name, active };
}

class RuleOnDemand implements StoredRule {
  readonly name: string;
  readonly active: boolean;
  private read: StoredRule | undefined;

  constructor(
    readonly id: string,
    readonly raw: string,
    private readonly doubt: string | undefined,
  ) {
    ({ name: this.name, active: this.active } = readNameAndActive(raw));
  }

  private get whole(): StoredRule {
    this.read ??= parseRule(this.id, this.raw);
    return this.read;
  }

  get action() {
    return this.whole.action;
  }
  get direction() {
    return this.whole.direction;
  }
  get protocol() {
    return this.whole.protocol;
  }
  get profiles() {
    return this.whole.profiles;
  }
  get localPorts() {
    return this.whole.localPorts;
  }
  get remotePorts() {
    return this.whole.remotePorts;
  }
  get icmpTypes() {
    return this.whole.icmpTypes;
  }
  get localAddresses() {
    return this.whole.localAddresses;
  }
  get remoteAddresses() {
    return this.whole.remoteAddresses;
  }
  get app() {
    return this.whole.app;
  }
  get service() {
    return this.whole.service;
  }
  get restrictions() {
    return this.whole.restrictions;
  }
  get unknownFields() {
    return this.whole.unknownFields;
  }
  get notUnderstood() {
    return this.whole.notUnderstood ?? (this.whole.action === 'block' ? this.doubt : undefined);
  }
}
