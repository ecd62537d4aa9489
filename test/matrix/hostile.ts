import { exitCodes } from '../../src/outcome/exit-codes';
import { addressesIn } from '../damage';
import type { Bench, Ended, Order } from './bench';

/** Milliseconds after which an order counts as hanging. It takes some twenty. */
const longestWait = 60_000;

/**
 * Seconds of a processor that an order may take. That of other programs does not count, so that a busy machine changes
 * nothing.
 */
const mostWork = 5;

/**
 * Carries out an order on a host in whatever state: it ends soon, with an exit code of the table and no word of an
 * exception.
 */
export async function carryOut(bench: Bench, order: Order): Promise<Ended> {
  const before = process.cpuUsage();
  const ended = await bench.workWithin(order, { lock: 'played' }, longestWait);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(mostWork);
  expect(Object.values(exitCodes)).toContain(ended.exitCode);
  expect(ended.outcome?.message).not.toMatch(/unexpected error|\bat .+:\d+:\d+|TypeError|undefined|\[object/);
  return ended;
}

/** Rules without an address: ping, DHCP, and what an IPv6 neighbour needs. Everything else is for somebody. */
const forEverybody = /Name=(Allow ICMP (in|out)|contain-host: (DHCP|ICMPv6|neighbour)[^|]*)\|/;

/**
 * On a contained host every active rule lets through somebody who is named in one of these texts, as a valid address,
 * and nobody else.
 */
export function expectOnlyNamed({ machine }: Bench, ...texts: readonly string[]): void {
  const named = addressesIn(texts.join(' '));
  const active = Object.values(machine.rules()).filter((rule) => rule.includes('|Active=TRUE|'));
  const letThrough = active.flatMap((rule) =>
    [...rule.matchAll(/\|RA[46]=([^|/]+)/g)].map(([, address]) => String(address)),
  );
  expect(letThrough.filter((address) => !/^DNS$/i.test(address) && !named.has(address))).toEqual([]);
  expect(active.filter((rule) => !/\|RA[46]=/.test(rule) && !forEverybody.test(rule))).toEqual([]);
}
