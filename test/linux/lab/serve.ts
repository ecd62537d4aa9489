import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { streamPort } from './protocol';

/** Datagrams and connections that came in, by the sender's address. */
const counts: Record<string, number> = {};

function count(address = ''): void {
  const sender = address.replace(/^::ffff:/, '');
  counts[sender] = (counts[sender] ?? 0) + 1;
}

export function received(): Record<string, number> {
  return { ...counts };
}

/** Answers on these ports, IPv4 and IPv6, with what came in; on the stream port with data until the peer goes. */
export async function serve(tcp: readonly number[], udp: readonly number[]): Promise<void> {
  for (const port of tcp) {
    const server = createServer((socket) => {
      count(socket.remoteAddress);
      socket.on('error', () => {});
      if (port !== streamPort) return socket.pipe(socket);
      const timer = setInterval(() => socket.write(Buffer.alloc(1024)), 10);
      return socket.on('close', () => clearInterval(timer));
    });
    await once(server.listen(port, '::'), 'listening');
  }
  for (const port of udp) {
    const socket = createSocket({ type: 'udp6', recvBufferSize: 4 * 1024 * 1024 });
    socket.on('message', (message, sender) => {
      count(sender.address);
      // A DNS answer is the question with the bit that says so.
      if (port === 53 && message.length > 2) message.writeUInt8(message.readUInt8(2) | 0x80, 2);
      if (message.toString('latin1') !== 'flood') socket.send(message, sender.port, sender.address);
    });
    socket.on('error', () => {});
    socket.bind(port, '::');
    await once(socket, 'listening');
  }
}

/** A little more than the 10,000 a second that are promised, since a busy machine takes breaks. */
const packetsPerMs = 12;
let flooding = false;

/** Sends datagrams until `endFlood`. Returns how many a second it came to. */
export async function flood(address: string, port: number): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => {});
  socket.connect(port, address);
  await once(socket, 'connect');
  flooding = true;
  const began = performance.now();
  let sent = 0;
  while (flooding) {
    const due = (performance.now() - began) * packetsPerMs;
    for (; sent < due; sent++) socket.send('flood', () => {});
    await nextTurn();
  }
  const seconds = (performance.now() - began) / 1000;
  socket.close();
  return Math.round(sent / seconds);
}

export function endFlood(): void {
  flooding = false;
}
