import { Reserve, type ReserveSize } from '../state/reserve';
import { type Check, ok, type Patient, warning } from './check';

const mebi = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** Whether an order finds room on a disk that somebody has filled. */
export function checkReserve({ host, stateFolder }: Patient): Check[] {
  if (host.platform !== 'windows') return [];
  const size = new Reserve(stateFolder, host.smallestReserve).look();
  if (isWhole(size))
    return [
      ok('reserve', `${mebi(size.held)} are held on the disk of ${stateFolder}, for an order that finds it full.`),
    ];
  const found =
    size.held === 0
      ? 'There is no reserve on the disk'
      : `The reserve on the disk is ${mebi(size.held)} of ${mebi(size.wanted)}`;
  const without = 'any user who fills that disk can keep this host from being contained (exit code 3)';
  return [
    warning(
      'reserve',
      `${found} of ${stateFolder}: ${without}.`,
      'contain-host reserve; each order makes it, too, where there is room.',
    ),
  ];
}

export function isWhole({ held, wanted }: ReserveSize): boolean {
  return held >= wanted;
}
