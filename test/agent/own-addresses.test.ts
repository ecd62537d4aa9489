import { readOwnNetworks } from '../../src/agent/own-addresses';

// The one network that every machine has: 127.0.0.0/8.
test('the broadcast address of a network of this host is known, and its neighbours are not taken for it', () => {
  const { broadcasts } = readOwnNetworks();
  expect(broadcasts).toContain('127.255.255.255');
  for (const other of ['127.255.255.254', '127.0.0.1', '128.0.0.0', '2001:db8::ff'])
    expect(broadcasts).not.toContain(other);
});
