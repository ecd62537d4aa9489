import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Address } from '../policy/address';
import { errorCode } from '../process/error-code';

/** Where a TCP connection goes. */
export interface Destination {
  readonly address: Address;
  /** 1 to 65535. */
  readonly port: number;
}

/** `unknown`: this host itself could not try, which says nothing of the other side. */
export type Answer = 'answers' | 'silent' | 'unknown';

/** A connection that is being tried. It is closed as soon as it came about. */
export interface Attempt {
  /** How it stands now; `silent` as long as nothing came of it. */
  readonly answer: Answer;
  /** Never fails. */
  readonly settled: Promise<Answer>;
  /** Gives it up. */
  end(): void;
}

/**
 * What this host's own system says where it sends nothing: no port or memory is left, which any user can bring about,
 * or its own firewall does not let the packet out (connect(2); nftables(8), a dropped packet at output is EPERM).
 */
const ownErrors = new Set([
  ...['EADDRNOTAVAIL', 'EADDRINUSE', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAGAIN'],
  ...['EPERM', 'EACCES', 'EINVAL'],
]);

export function tryToReach({ address, port }: Destination): Attempt {
  let answer: Answer = 'silent';
  let end = (): void => {};
  const settled = new Promise<Answer>((resolve) => {
    const socket = connect({ host: address.text, port });
    end = () => {
      socket.destroy();
      resolve(answer);
    };
    const settle = (found: Answer): void => {
      answer = found;
      end();
    };
    socket.on('connect', () => settle('answers'));
    socket.on('error', (error) => settle(ownErrors.has(errorCode(error)) ? 'unknown' : 'silent'));
  });
  return {
    get answer() {
      return answer;
    },
    settled,
    end: () => end(),
  };
}

const pauseMs = 200;
/** Where nothing comes back at all, another connection is tried after so long. */
const attemptMs = 2500;

/**
 * Tries again and again for so many milliseconds, until an answer comes. `unknown` where this host itself could not
 * try, be it only once: whoever takes its last port would otherwise choose what that proves. Never fails.
 */
export async function answersInTime(destination: Destination, limitMs: number): Promise<Answer> {
  const deadline = performance.now() + limitMs;
  let found: Answer | undefined;
  for (let left = limitMs; left > 0; left = deadline - performance.now()) {
    const attempt = tryToReach(destination);
    const limit = setTimeout(attempt.end, Math.min(left, attemptMs));
    const answer = await attempt.settled;
    clearTimeout(limit);
    if (answer === 'answers') return answer;
    if (found !== 'unknown') found = answer;
    await wait(Math.min(pauseMs, Math.max(0, deadline - performance.now())));
  }
  return found ?? 'unknown';
}
