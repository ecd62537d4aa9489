// The first part of an executable under watch: notes in WATCH_FILE, when it ends, when it began, what it started, its
// memory, and the size of each part that it loaded.
const { subscribe } = require('node:diagnostics_channel');
const { appendFileSync } = require('node:fs');

const now = () => performance.timeOrigin + performance.now();
const begun = now();
const children = [];
subscribe('child_process', ({ process: child }) => children.push({ at: now(), child }));

process.on('exit', () => {
  const started = children.map(({ at, child }) => ({ at, program: child.spawnfile }));
  const peak = process.resourceUsage().maxRSS / 1024;
  const loaded = globalThis.loadedParts ?? [];
  const seen = { begun, started, peak, loaded, args: process.argv.slice(2) };
  appendFileSync(process.env.WATCH_FILE, `${JSON.stringify(seen)}\n`);
});

require('./contain-host.js');
