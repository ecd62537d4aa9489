import { isBroadcast } from '../../src/agent/own-addresses';

// The one network that every machine has: 127.0.0.0/8.
test('the broadcast address of a network of this host is known, and its neighbours are not taken for it', () => {
  expect(isBroadcast('127.255.255.255')).toBe(true);
  for (const other of ['127.255.255.254', '127.0.0.1', '128.0.0.0', '2001:db8::ff'])
    expect(isBroadcast(other)).toBe(false);
});
