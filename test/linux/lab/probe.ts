import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Probe } from './protocol';

const repeatMs = 100;

/** For the IPv4 addresses of example.test, with recursion (RFC 1035, 4.1). */
const dnsQuestion = Buffer.from(
  '\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x04test\x00\x00\x01\x00\x01',
  'latin1',
);

/** True when an answer came within the time. What may get lost on a busy machine is sent again and again. */
export async function probe({ protocol, address, port }: Probe, waitMs: number): Promise<boolean> {
  switch (protocol) {
    case 'tcp':
      return probeTcp(address, port, waitMs);
    case 'udp':
      return probeUdp(address, port, waitMs, '?');
    case 'icmp':
      return probeIcmp(address, waitMs);
    case 'dns':
      return probeUdp(address, port, waitMs, dnsQuestion);
  }
}

async function probeTcp(address: string, port: number, waitMs: number): Promise<boolean> {
  const socket = connect({ host: address, port });
  const answered = new Promise<boolean>((resolve) => {
    socket.on('connect', () => socket.write('?'));
    socket.on('data', () => resolve(true));
    socket.on('error', () => resolve(false));
  });
  try {
    return await Promise.race([answered, wait(waitMs, false)]);
  } finally {
    socket.destroy();
  }
}

async function probeUdp(address: string, port: number, waitMs: number, question: string | Buffer): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const answered = new Promise<boolean>((resolve) => {
    socket.on('message', () => resolve(true));
    socket.on('error', () => {});
  });
  const send = (): void => socket.send(question, port, address, () => {});
  send();
  const repeat = setInterval(send, repeatMs);
  try {
    return await Promise.race([answered, wait(waitMs, false)]);
  } finally {
    clearInterval(repeat);
    socket.close();
  }
}

/** `ping` of iputils ends at the first answer. */
async function probeIcmp(address: string, waitMs: number): Promise<boolean> {
  const seconds = String(Math.max(1, waitMs / 1000));
  const ping = spawn('ping', ['-n', '-q', '-c', '1', '-W', seconds, '-w', seconds, address], { stdio: 'ignore' });
  const [exitCode] = await once(ping, 'exit');
  return exitCode === 0;
}
