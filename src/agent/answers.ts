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

/** `unknown`: this host itself could not try, which says nothing about the other side. */
export type Answer = 'answers' | 'silent' | 'unknown';

/** An attempt to connect. The connection is closed as soon as it stands. */
export interface Attempt {
  /** The answer so far: `silent` until something else is known. */
  readonly answer: Answer;
  /** The final answer. Never rejects. */
  readonly settled: Promise<Answer>;
  /** Gives the attempt up. */
  end(): void;
}

/**
 * The errors by which this host's own system says that it sent nothing: it has no port or memory left, which any user
 * can bring about, or its own firewall does not let the packet out (connect(2); nftables(8): a packet dropped at output
 * is EPERM).
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
/** After so long without any answer another connection is tried. */
const attemptMs = 2500;

/**
 * Tries again and again until an answer comes, for at most `limitMs` milliseconds. Without an answer the result is
 * `unknown` where this host itself failed to try, even once: otherwise whoever takes its last port could
 * make it look as if the other side were silent. Never rejects.
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
