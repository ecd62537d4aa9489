import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

interface Session {
  send(message: string): void;
  /** Calls back with what came in, piece by piece. */
  listen(hear: (text: string) => void): void;
}

const sessions = new Map<string, Session>();

/** Opens a session that stays: the same socket, and so the same local port, for every later exchange. */
export async function openSession(name: string, protocol: 'tcp' | 'udp', address: string, port: number): Promise<void> {
  sessions.set(name, protocol === 'tcp' ? await openTcp(address, port) : await openUdp(address, port));
}

async function openTcp(address: string, port: number): Promise<Session> {
  const socket: Socket = connect({ host: address, port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return {
    send: (message) => socket.write(message),
    listen: (hear) => socket.removeAllListeners('data').on('data', (data) => hear(data.toString('latin1'))),
  };
}

async function openUdp(address: string, port: number): Promise<Session> {
  const socket: UdpSocket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => {});
  socket.connect(port, address);
  await once(socket, 'connect');
  return {
    send: (message) => socket.send(message, () => {}),
    listen: (hear) => socket.removeAllListeners('message').on('message', (data) => hear(data.toString('latin1'))),
  };
}

let exchanges = 0;

/** Sends a message of so many bytes over an open session. True when it came back whole within the time. */
export async function exchange(name: string, bytes: number, waitMs: number): Promise<boolean> {
  const session = sessions.get(name);
  if (session === undefined) throw new Error(`no session ${name}`);
  const message = `${++exchanges}:`.padEnd(bytes, 'x');
  let heard = '';
  const answered = new Promise<boolean>((resolve) => {
    session.listen((text) => {
      heard += text;
      if (heard.includes(message)) resolve(true);
    });
  });
  session.send(message);
  return Promise.race([answered, wait(waitMs, false)]);
}
