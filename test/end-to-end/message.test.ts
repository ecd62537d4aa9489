import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
let shown: string;
beforeEach(() => {
  endpoint = new Endpoint(emptyHost(), udpServer);
  shown = join(endpoint.folder, 'shown');
  endpoint.setSettings({ message: { contained: 'Cut off: call "IT"', released: 'Back again' } });
});
afterEach(() => endpoint.remove());

/** A msg.exe that notes how it was called; what it reads comes behind that. */
function installMsg(more = ''): void {
  const msg = join(endpoint.machine.system32, 'msg.exe');
  writeFileSync(msg, `#!/bin/sh\n{ printf '%s|' "$@"; /bin/cat; echo; } >> '${shown}'\n${more}`);
  chmodSync(msg, 0o755);
}
const add = () => endpoint.run('ADD', '-', '192.0.2.50', 'case=77');
const lines = (): string[] => (existsSync(shown) ? readFileSync(shown, 'utf8').split('\n').slice(0, -1) : []);
/** What is done behind an order is over. */
const isOver = (messages: number): boolean =>
  endpoint.log().filter(({ message }) => message === 'message').length === messages;

const contained = "*|/TIME:28800|Cut off: call 'IT'|";
const released = '*|/TIME:28800|Back again|';

test('everybody is told once that the host is contained and once that it is released, and neither who asked nor the case', async () => {
  installMsg();
  expect(await add()).toMatchObject({ exitCode: 0 });
  while (!isOver(1)) await wait(20);
  expect(lines()).toEqual([contained]);
  expect(await endpoint.run('ADD', '-', '192.0.2.51')).toMatchObject({ exitCode: 0 });
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  while (!isOver(2)) await wait(20);
  expect(lines()).toEqual([contained, released]);
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(await add()).toMatchObject({ exitCode: 0 });
  while (!isOver(3)) await wait(20);
  expect(lines()).toEqual([contained, released, contained]);
});

test('a tool that hangs delays no order and fails none', async () => {
  installMsg('exec sleep 600\n');
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(endpoint.statuses()).toEqual(['add-started', 'add']);
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
});

test('without the setting nobody is told, and where the order fails neither', async () => {
  installMsg();
  endpoint.setSettings({});
  expect(await add()).toMatchObject({ exitCode: 0 });
  endpoint.setSettings({ message: { contained: 'Cut off' } });
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  endpoint.configure('<ossec_config></ossec_config>');
  expect(await add()).toMatchObject({ exitCode: 1 });
  expect(lines()).toEqual([]);
});
