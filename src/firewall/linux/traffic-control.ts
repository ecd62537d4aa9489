import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { askJson, Unread, unlessUnread } from '../../agent/iproute';
import { type Fields, isFields, textOf } from '../../json';
import { notShownBy } from './not-shown';

/** Queues that have no filters. */
const ordinary = ['noqueue', 'noop', 'mq', 'pfifo_fast', 'fq_codel', 'fq', 'pfifo', 'bfifo'];

/** Filters that only choose packets. Another kind, such as `bpf`, runs a program, which may do anything to them. */
const choosing = ['basic', 'cgroup', 'flow', 'flower', 'fw', 'matchall', 'route', 'rsvp', 'rsvp6', 'tcindex', 'u32'];

/** Actions that send a packet nowhere else and leave its addresses and ports as they are (tc-actions(8)). */
const harmless = ['gact', 'police', 'skbedit', 'csum', 'connmark', 'ctinfo', 'sample'];

/** The kernel's modules for the other actions, and for programs. */
const modules = /^(?:cls_bpf|act_(?!gact$|police$|skbedit$|csum$|connmark$|ctinfo$|sample$).*)$/;

/**
 * The devices at which filters of traffic control change where packets go, or send them to another device. These are
 * behind our last chain, or before our first. A kernel without traffic control has no such file.
 */
export async function trafficControlPaths(): Promise<string[]> {
  if (!existsSync('/proc/net/psched')) return [];
  const queues = await unlessUnread(askJson('tc', 'qdisc', 'show'));
  if (queues instanceof Unread) return notShownBy('tc', 'traffic control', modules);
  const found = await Promise.all(queues.filter(({ kind }) => !ordinary.includes(textOf(kind))).map(filterPaths));
  return found.flat();
}

async function filterPaths({ kind, handle, dev }: Fields): Promise<string[]> {
  const [device, root] = [textOf(dev), ['parent', textOf(handle)]];
  const places = kind === 'clsact' ? [['ingress'], ['egress']] : [kind === 'ingress' ? ['ingress'] : root];
  const lists = await Promise.all(
    places.map((place) => unlessUnread(askJson('tc', 'filter', 'show', 'dev', device, ...place))),
  );
  if (lists.some((filters) => !(filters instanceof Unread) && sendElsewhere(filters)))
    return [`${device} (traffic control)`];
  // Devices of containers come and go.
  const isUnread = lists.some((filters) => filters instanceof Unread) && existsSync(join('/sys/class/net', device));
  return isUnread ? [`${device} (traffic control, not shown by tc)`] : [];
}

/** `filters`: as `tc -j filter show` lists them. */
export function sendElsewhere(filters: readonly Fields[]): boolean {
  return filters.some(
    (filter) =>
      !choosing.includes(textOf(filter.kind)) || actionsIn(filter).some((action) => !harmless.includes(action)),
  );
}

/** The kinds of the actions of a filter. Only the action nat has its kind under another name (iproute2, tc/m_nat.c). */
function actionsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(actionsIn);
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    name === 'actions' && Array.isArray(part)
      ? part.map((action) => (isFields(action) ? textOf(action.kind ?? action.type) : ''))
      : actionsIn(part),
  );
}
