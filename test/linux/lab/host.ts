import { createInterface } from 'node:readline';
import { awaitShell, download, downloaded, openShell, shellAnswers } from './attack';
import { endFlood, flood } from './flood';
import { probe } from './probe';
import type { Order } from './protocol';
import { run } from './run';
import { received, serve } from './serve';
import { exchange, openSession } from './sessions';

/** One host of the lab: this process runs in the host's network namespace and does as it is told on standard input. */
function carryOut(order: Order): unknown {
  switch (order.do) {
    case 'serve':
      return serve(order.tcp, order.udp);
    case 'probe':
      return probe(order, order.waitMs);
    case 'received':
      return received();
    case 'flood':
      return flood(order.script, order.address, order.port);
    case 'end-flood':
      return endFlood();
    case 'open':
      return openSession(order.session, order.protocol, order.address, order.port);
    case 'exchange':
      return exchange(order.session, order.bytes, order.waitMs);
    case 'download':
      return download(order.address, order.port);
    case 'downloaded':
      return downloaded();
    case 'shell':
      return openShell(order.address, order.port);
    case 'await-shell':
      return awaitShell(order.port);
    case 'shell-answers':
      return shellAnswers();
    case 'run':
      return run(order.command, order.killAt);
  }
}

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { id, order } = JSON.parse(line) as { id: number; order: Order };
    try {
      console.log(JSON.stringify({ id, result: (await carryOut(order)) ?? null }));
    } catch (error) {
      console.log(JSON.stringify({ id, error: String(error) }));
    }
  })
  .on('close', () => process.exit(0));
// A peer that is cut off in the middle of something is what this is about.
process.on('uncaughtException', (error) => console.error(error));
