import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Address } from '../policy/address';

/** Where a TCP connection goes. */
export interface Destination {
  readonly address: Address;
  /** 1 to 65535. */
  readonly port: number;
}

const pauseMs = 200;

/** True when a TCP connection comes about within so many milliseconds. It is closed at once. Never throws. */
export function answers({ address, port }: Destination, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address.text, port });
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(false), limitMs);
    socket.on('connect', () => settle(true)).on('error', () => settle(false));
  });
}

/** As `answers`, but one that fails at once is tried again as long as there is time. */
export async function answersInTime(destination: Destination, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  for (let left = limitMs; left > 0; left = deadline - performance.now()) {
    if (await answers(destination, left)) return true;
    await wait(pauseMs);
  }
  return false;
}
