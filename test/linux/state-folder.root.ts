import { chownSync, mkdirSync, statSync } from 'node:fs';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

/** Only root can give a folder away. */
test('a state folder that belongs to somebody else is refused, and nothing is changed', async () => {
  const endpoint = new Endpoint(typicalHost(), udpServer);
  try {
    const before = endpoint.machine.fingerprint();
    mkdirSync(endpoint.stateFolder, { recursive: true });
    chownSync(endpoint.stateFolder, 65534, 65534);
    expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 2 });
    expect(endpoint.machine.calls()).toEqual([]);
    expect(endpoint.machine.fingerprint()).toBe(before);
    expect(statSync(endpoint.stateFolder).uid).toBe(65534);
  } finally {
    endpoint.remove();
  }
});
