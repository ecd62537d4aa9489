import { rename } from './renamed.mjs';

/**
 * Makes V8 reserve memory on every Windows as it does where the system has no `VirtualAlloc2` (before Windows 10 1803,
 * so on Server 2016, too). Wine 8 has that function, but not the reservation that V8 wants of it: Node 24 ends there at
 * its start, "out of memory". With one way for all, the suite under Wine tries the one that Windows takes.
 */
export function reserveWithoutVirtualAlloc2(bytes) {
  rename(bytes, 'VirtualAlloc2\0');
}
