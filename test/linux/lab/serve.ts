import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
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
    const socket = createSocket('udp6');
    socket.on('message', (message, sender) => {
      count(sender.address);
      // A DNS answer is the question with the bit that says so.
      if (port === 53 && message.length > 2) message.writeUInt8(message.readUInt8(2) | 0x80, 2);
      socket.send(message, sender.port, sender.address);
    });
    socket.on('error', () => {});
    socket.bind(port, '::');
    await once(socket, 'listening');
  }
}
