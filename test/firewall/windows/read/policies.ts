import { parseRule } from '../../../../src/firewall/windows/read/parse-rule';
import { storedForm } from '../../../../src/firewall/windows/read/rule';
import {
  type ProfileSettings,
  profileNames,
  type StoredPolicy,
} from '../../../../src/firewall/windows/read/stored-policy';
import { type Address, isRefusal, parseHost } from '../../../../src/policy/address';
import type { AllowList } from '../../../../src/policy/allow-list';
import { rulesOf } from '../../../../src/policy/rules';

export function address(text: string): Address {
  const parsed = parseHost(text);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
}

/** A policy of some source: the same settings in every profile, and rules by their fields after `v2.31|`. */
export function allowListOf(
  source: StoredPolicy['source'],
  settings: ProfileSettings | Partial<StoredPolicy['profiles']> = {},
  rules: readonly string[] = [],
): StoredPolicy {
  const perProfile = profileNames.some((name) => name in settings);
  const of = (name: (typeof profileNames)[number]): ProfileSettings =>
    (perProfile ? (settings as Partial<StoredPolicy['profiles']>)[name] : (settings as ProfileSettings)) ?? {};
  return {
    source,
    profiles: { domain: of('domain'), private: of('private'), public: of('public') },
    rules: rules.map((fields, index) => parseRule(`{${source}-${index}}`, `v2.31|${fields}|`)),
  };
}

/** A policy with one UDP server and one handler. */
export const asked: AllowList = {
  servers: [{ address: address('192.0.2.1'), port: 1514, protocols: ['udp'] }],
  handlers: [address('192.0.2.50')],
  needsDns: false,
};

export const blocking = { EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 1 };

/** The local store of a host that was brought to a policy. */
export function contained(policy = asked, more: readonly string[] = []): StoredPolicy {
  const { rules, ...rest } = allowListOf('local', blocking, more);
  return { ...rest, rules: [...rulesOf(policy).map(storedForm), ...rules] };
}
