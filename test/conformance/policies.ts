import { type Address, isRefusal, parseHost } from '../../src/policy/address';
import type { AllowList } from '../../src/policy/allow-list';

export function address(text: string): Address {
  const parsed = parseHost(text);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
}

export const policyFor = (...handlers: readonly string[]): AllowList => ({
  servers: [{ address: address('10.0.0.5'), port: 1514, protocols: ['udp'] }],
  handlers: handlers.map(address),
  needsDns: false,
});
