import { complement, merge, type Run, type Space } from './runs';

/** A run of TCP or UDP ports, both ends included. */
export type PortRange = Run<number>;

/** Ports in order, as ranges that neither overlap nor touch. */
export type Ports = readonly PortRange[];

export const everyPort: PortRange = { first: 0, last: 65_535 };

export const portSpace: Space<number> = {
  ...everyPort,
  next: (port) => port + 1,
  previous: (port) => port - 1,
};

export function portsOf(...ports: readonly (number | PortRange)[]): Ports {
  return merge(
    ports.map((port) => (typeof port === 'number' ? { first: port, last: port } : port)),
    portSpace,
  );
}

/** Every other port. */
export function otherPorts(ports: Ports): Ports {
  return complement(ports, portSpace);
}

/** As netsh and people write them: `443`, `8000-8010`, or several of these with commas. */
export function portsText(ports: Ports): string {
  return ports.map(portText).join(',');
}

export function portText({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}
