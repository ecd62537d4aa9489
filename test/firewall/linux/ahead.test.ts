import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AllowList } from '../../../src/policy/allow-list';
import { address } from '../windows/read/policies';
import { Kernel } from './kernel';

let kernel: Kernel;
beforeEach(() => {
  kernel = new Kernel();
});
afterEach(() => kernel.remove());

const allowList: AllowList = {
  servers: [{ address: address('10.0.0.5'), port: 1514, protocols: ['tcp'] }],
  handlers: [address('192.0.2.50')],
  needsDns: false,
};

test('a plan that the kernel takes is a containment, and nothing is changed by asking', async () => {
  expect(await kernel.firewall().judgePlan(allowList)).toEqual({ state: 'contained', gaps: [] });
  expect(kernel.tables).toEqual([]);
  expect(kernel.steps).toEqual([]);
});

test('an nft that loads the rules and does not list them is told by a dry run', async () => {
  kernel.setFault('garbage');
  expect(await kernel.firewall().judgePlan(allowList)).toMatchObject({
    state: 'degraded',
    gaps: [{ code: 'rules-not-recognised' }],
  });
  expect(kernel.tables).toEqual([]);
});

test('without nft nothing can be said of it', async () => {
  rmSync(join(kernel.tools, 'nft'));
  expect(await kernel.firewall().judgePlan(allowList)).toMatchObject({ state: 'uncertain', gaps: [expect.anything()] });
});

test('a containment that is of no use is taken back, and for the next start too', async () => {
  await kernel.firewall().contain(allowList, 'operator', kernel.recorder);
  const undone = kernel.firewall().undo(kernel.recorder, 'the server is silent');
  await expect(undone).rejects.toMatchObject({
    code: 'rolled-back',
    message: expect.stringContaining('the server is silent'),
  });
  expect(kernel.tables).toEqual([]);
  expect(kernel.saved).toBeUndefined();
});
