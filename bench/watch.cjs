// The first part of an executable under watch: notes in WATCH_FILE, when it ends, when it began, what it started, and its memory.
const { subscribe } = require('node:diagnostics_channel');
const { appendFileSync } = require('node:fs');

const now = () => performance.timeOrigin + performance.now();
const begun = now();
const children = [];
subscribe('child_process', ({ process: child }) => children.push({ at: now(), child }));

process.on('exit', () => {
  const started = children.map(({ at, child }) => ({ at, program: child.spawnfile }));
  const peak = process.resourceUsage().maxRSS / 1024;
  appendFileSync(process.env.WATCH_FILE, `${JSON.stringify({ begun, started, peak, args: process.argv.slice(2) })}\n`);
});

require('./contain-host.js');
