import type { FleetOrder, System } from './server';

/** The names of the four responses in the kits: the command's name, then its time-out, which is 0. */
export const responses: Readonly<Record<System, Readonly<Record<FleetOrder['action'], string>>>> = {
  windows: { contain: 'contain-host0', release: 'release-host0' },
  linux: { contain: 'contain-host-linux0', release: 'release-host-linux0' },
};
