import { join } from 'node:path';
import type { Link } from '../../agent/iproute';
import { namesIn, readIfAny } from '../../state/files';

/** Guests on a card of their own name (macvtap), a switch beside the kernel's, and programs in front of the stack. */
export function devicePaths(links: readonly Link[]): string[] {
  const words: Readonly<Record<string, string>> = { macvtap: 'macvtap', ipvtap: 'ipvtap', openvswitch: 'Open vSwitch' };
  return links.flatMap(({ name, kind = '', hasXdp }) => [
    ...(words[kind] === undefined ? [] : [`${name} (${words[kind]})`]),
    ...(hasXdp ? [`${name} (XDP)`] : []),
  ]);
}

/** RDMA, and cards that were given whole to a guest or to a program. `system`: the kernel's list of devices. */
export function hardwarePaths(system = '/sys'): string[] {
  const drivers = ['vfio-pci', 'uio_pci_generic', 'igb_uio'];
  const isCard = (folder: string): boolean => (readIfAny(join(folder, 'class')) ?? '').startsWith('0x02');
  const given = drivers.flatMap((driver) => {
    const folder = join(system, 'bus/pci/drivers', driver);
    return namesIn(folder)
      .filter((name) => isCard(join(folder, name)))
      .map((name) => `PCI ${name} (${driver})`);
  });
  return [...namesIn(join(system, 'class/infiniband')).map((name) => `${name} (RDMA)`), ...given];
}
