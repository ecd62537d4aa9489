import { Failure } from '../../outcome/failure';
import type { Context, Recorder, Release } from '../firewall';
import { deleteTables } from './contain';
import type { Nft } from './nft';
import { presentTables } from './present-tables';
import { forget } from './saved';

/** Removes our tables, and what would load them again. Claims so only after reading back. */
export async function release(context: Context, nft: Nft, recorder: Recorder): Promise<Release> {
  const present = await presentTables(nft);
  // First the saved rules: a restart in between must not contain a host that was released.
  const left = await forget(context, recorder);
  const differences = left === undefined ? [] : [left];
  if (!('unreadable' in present) && present.length === 0) {
    return { was: context.openCase === undefined ? 'not-contained' : 'restored-already', differences };
  }
  const whyNot = await deleteTables(nft, recorder, present);
  if (whyNot === undefined) return { was: 'contained', differences };
  const state =
    'unreadable' in present ? 'It cannot be told whether this host is contained.' : 'This host is still CONTAINED.';
  throw new Failure(
    'not-released',
    `The release was not completed: ${whyNot}. ${state} Repeat DELETE; if that does not help, run "nft delete table inet contain_host" and "nft delete table bridge contain_host" as root.`,
  );
}
