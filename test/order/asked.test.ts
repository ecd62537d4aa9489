import type { Settings } from '../../src/agent/settings';
import { entriesLeftOut, handlersOf, mergeAsked, takeOver } from '../../src/order/asked';
import { type Address, cidr, isRefusal, parseNetwork } from '../../src/policy/address';
import { type AllowEntry, entryText } from '../../src/policy/allow-entry';
import type { Asked } from '../../src/state/journal';

const network = (text: string): Address => {
  const parsed = parseNetwork(text, 1, 1);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
};
const entry = (text: string): AllowEntry => ({ address: network(text), direction: 'out', protocol: 'tcp', ports: [] });
const settings: Settings = {
  ...{ handlers: [network('192.0.2.60')], allow: [entry('203.0.113.1')], alertAddress: 'ignore', seal: 'where-needed' },
  ...{ whenServerLost: 'refuse', message: {}, warnings: [] },
};
const alert = { action: 'add', dialect: 'ossec', requestedBy: 'alert', address: '203.0.113.9' } as const;

describe('a host that was contained without us', () => {
  const byAlert = mergeAsked(alert, undefined, settings, undefined);

  test("is an operator's, and an alert keeps whom it lets in, unless that is wider than a handler may be", () => {
    const letIn = ['192.0.2.50', '192.0.2.60', '198.51.100.0/28', '10.0.0.0/8', '2001:db8::/32'].map(network);
    const asked = takeOver(byAlert, letIn);
    expect(asked).toMatchObject({ requestedBy: 'operator' });
    expect(handlersOf(asked).map(cidr)).toEqual(['192.0.2.60/32', '192.0.2.50/32', '198.51.100.0/28']);
  });

  test('keeps no more than a hundred, the ones of the settings first', () => {
    const letIn = Array.from({ length: 120 }, (_, index) => network(`198.51.100.${index}`));
    const { handlers } = takeOver(byAlert, letIn);
    expect([handlers.length, handlers[0], handlers[1]]).toEqual([100, '192.0.2.60/32', '198.51.100.0/32']);
  });

  test("comes to what an operator's order asks for", () => {
    const operator: Asked = { requestedBy: 'operator', handlers: ['192.0.2.70/32'], operatorAddress: '192.0.2.70/32' };
    expect(takeOver(operator, [network('192.0.2.50')])).toEqual(operator);
  });
});

test('entries of the settings for which an alert finds no room are named', () => {
  const before = Array.from({ length: 100 }, (_, index) => entryText(entry(`198.51.100.${index}`)));
  const asked = mergeAsked(alert, undefined, settings, { requestedBy: 'operator', handlers: [], allow: before });
  expect(asked.allow).toEqual(before);
  expect(entriesLeftOut(settings, asked)).toEqual([expect.stringContaining('203.0.113.1/32 out tcp')]);
  const small = mergeAsked(alert, undefined, settings, {
    requestedBy: 'operator',
    handlers: [],
    allow: before.slice(1),
  });
  expect(entriesLeftOut(settings, small)).toEqual([]);
  expect(small.allow).toHaveLength(100);
});
