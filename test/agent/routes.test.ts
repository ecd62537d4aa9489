import { anything, array, asyncProperty, constantFrom, dictionary, assert as propertyHolds } from 'fast-check';
import { waysOf } from '../../src/agent/routes';

/** As `ip -j -d route` of iproute2 6.1 answers. */
test.each([
  ['a network on a link', { dst: '10.1.0.0/24', dev: 'eth0', prefsrc: '10.1.0.10' }, [{ device: 'eth0' }]],
  ['a router', { dst: 'default', gateway: '10.1.0.1', dev: 'eth0' }, [{ device: 'eth0', nextHop: '10.1.0.1' }]],
  [
    'an IPv4 route by an IPv6 neighbour',
    { dst: 'default', via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth0' },
    [{ device: 'eth0', nextHop: 'fe80::1' }],
  ],
  [
    'several next hops, which are an object of the kernel too',
    {
      ...{ dst: 'default', nhid: 10, nh_info: { id: 10, group: [{ id: 1 }, { id: 2 }] } },
      nexthops: [
        { via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth0', weight: 1, flags: [] },
        { gateway: '10.7.0.2', dev: 'wg0', weight: 1, flags: [] },
      ],
    },
    [
      { device: 'eth0', nextHop: 'fe80::1' },
      { device: 'wg0', nextHop: '10.7.0.2' },
    ],
  ],
  ['nothing that packets go by', { type: 'prohibit', dst: 'default' }, []],
])('the ways of a route: %s', async (_what, route, ways) => {
  expect(await waysOf([route])).toEqual(ways);
});

test('whatever ip answers, a way names a device', async () => {
  const key = constantFrom('dst', 'dev', 'gateway', 'via', 'nexthops', 'flags');
  await propertyHolds(
    asyncProperty(array(dictionary(key, anything())), async (routes) =>
      (await waysOf(routes)).every(({ device }) => typeof device === 'string'),
    ),
  );
});
