import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { Reserve } from '../../src/state/reserve';

const kibi = 1024;
const part = 96 * kibi;
const large = ['reserve-1', 'reserve-2'];
const all = ['reserve-lines', ...large];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reserve-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sizes = (names = all): number[] => names.map((name) => statSync(join(folder, name)).size);
/** As an order sees it whose disk has too little room, whatever that is. */
const onFullDisk = (): Reserve => new Reserve(folder, Number.MAX_SAFE_INTEGER);
const made = (smallest = part): Reserve => {
  const reserve = new Reserve(folder, smallest);
  reserve.refill();
  return reserve;
};

test('what it holds is really on the disk, and no file system can make it smaller', () => {
  const reserve = made();
  expect(sizes()).toEqual([part, part, part]);
  expect(reserve.look()).toEqual({ held: 3 * part, wanted: 3 * part });
  const bytes = Buffer.concat(all.map((name) => readFileSync(join(folder, name))));
  expect(deflateSync(bytes).length).toBeGreaterThan(bytes.length);
  const blocks = new Set(
    Array.from({ length: bytes.length / 512 }, (_, at) => bytes.toString('hex', at * 512, at * 512 + 512)),
  );
  expect(blocks.size).toBe(bytes.length / 512);
});

test('on a disk with room an order leaves it alone', () => {
  expect(made().makeRoom()).toBe(false);
  expect(sizes()).toEqual([part, part, part]);
});

test('on a full disk the large parts go one after the other, and are made again', () => {
  const reserve = made();
  expect(onFullDisk().makeRoom()).toBe(true);
  expect(sizes(large)).toEqual([0, part]);
  expect(onFullDisk().makeRoom()).toBe(true);
  expect(sizes()).toEqual([part, 0, 0]);
  expect(onFullDisk().makeRoom()).toBe(false);
  expect(reserve.look()).toEqual({ held: part, wanted: 3 * part });
  reserve.refill();
  expect(sizes()).toEqual([part, part, part]);
});

test('a line that finds no room has a part of its own, and the large ones behind that', () => {
  const reserve = made();
  expect([1, 2, 3, 4].map(() => [reserve.makeRoomForLine(), ...sizes()])).toEqual([
    [true, 0, part, part],
    [true, 0, 0, part],
    [true, 0, 0, 0],
    [false, 0, 0, 0],
  ]);
});

test('without a reserve there is nothing to give up', () => {
  expect(onFullDisk().makeRoom()).toBe(false);
  expect(new Reserve(join(folder, 'no such folder'), part).makeRoom()).toBe(false);
});

test('it grows with the last export, and with the policy that it is made for', () => {
  made();
  const backup = 50 * kibi;
  writeFileSync(join(folder, 'fw-backup-20261125T031800123Z.wfw'), Buffer.alloc(3 * backup));
  writeFileSync(join(folder, 'fw-backup-20261126T031800123Z.wfw'), Buffer.alloc(backup));
  made();
  for (const size of sizes(large)) expect(size).toBeGreaterThanOrEqual(3 * backup);
  const [before = 0] = sizes(large);
  new Reserve(folder, part).refill(undefined, 2 * backup);
  expect(sizes(large)).toEqual([2 * before, 2 * before]);
  // It never shrinks: an order that finds less to do leaves it as it is.
  made();
  expect(sizes(large)).toEqual([2 * before, 2 * before]);
});

test('a part for which the disk keeps nothing is written anew', () => {
  made();
  const fd = openSync(join(folder, 'reserve-1'), 'w');
  ftruncateSync(fd, part);
  closeSync(fd);
  const reserve = new Reserve(folder, part);
  expect(reserve.look().held).toBe(2 * part);
  reserve.refill();
  expect(reserve.look().held).toBe(3 * part);
});

test('it stops for an order that comes in between, and goes on from there', () => {
  let pieces = 0;
  const big = 3 * 1024 * kibi;
  new Reserve(folder, big).refill(() => ++pieces <= 2);
  expect(sizes(['reserve-lines', 'reserve-1'])).toEqual([256 * kibi, 1024 * kibi]);
  expect(made(big).look()).toEqual({ held: 2 * big + 256 * kibi, wanted: 2 * big + 256 * kibi });
});
