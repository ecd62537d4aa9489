import { type ExecFileException, execFile } from 'node:child_process';
import { type Fields, isFields, textOf } from '../json';
import { findLinuxTool } from '../process/linux-tool';

/** The kernel answers at once; the limit is for a host that is overloaded. */
const limitMs = 3000;

/** In bytes: enough for some ten thousand devices. No host has more. */
const longestAnswer = 32 * 1024 * 1024;

/** The tools of iproute2, and the one of util-linux that starts them in another network namespace. */
type Tool = 'ip' | 'tc' | 'bridge' | 'nsenter';

/** Nothing could be read. The message says why and, where a tool is missing, what to install. */
export class Unread extends Error {}

/** What is read, or why it is not. */
export async function unlessUnread<T>(reading: Promise<T>): Promise<T | Unread> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Unread) return error;
    throw error;
  }
}

/** A network device as `ip -d link` knows it, as far as it matters here. */
export interface Link {
  readonly name: string;
  /** The kernel's word for what it is, such as `vxlan` or `bridge`; absent for cards. */
  readonly kind?: string;
  /** The kind of its frames, such as `ether`; `none` where it carries bare packets. */
  readonly type: string;
  /** Its hardware address, where it has one. */
  readonly address?: string;
  readonly index: number;
  /** The device below it, in the same namespace. */
  readonly below?: string;
  /** The number of the device below it, where that device is in another namespace. */
  readonly belowIndex?: number;
  readonly master?: string;
  /** The other end of a tunnel, where it has one fixed end. */
  readonly remote?: string;
  /** True where an XDP program is attached, which sees every packet before anybody else. */
  readonly hasXdp: boolean;
}

/** Reads the devices of this host's namespace or, with `enter`, of the namespace in that file. Throws `Unread`. */
export async function readLinks(enter?: string): Promise<Link[]> {
  const list = ['-j', '-d', 'link', 'show'];
  const links = linksIn(
    enter === undefined
      ? await ask('ip', list)
      : await ask('nsenter', [`--net=${enter}`, '--', findLinuxTool('ip') ?? 'ip', ...list]),
  );
  // Every namespace has a loopback device.
  if (links.length === 0) throw notUnderstood('ip');
  return links;
}

/** What a tool answers, as parsed JSON. Throws `Unread`. */
export async function askJson(tool: Tool, ...args: readonly string[]): Promise<Fields[]> {
  const answer = await ask(tool, ['-j', ...args]);
  const array = answer.trim() === '' ? [] : readArray(answer);
  if (array === undefined) throw notUnderstood(tool);
  return array;
}

/**
 * What `ip` answers to questions that are asked all at once, one array for each that has an answer: where one question
 * fails the others are answered all the same. `family`: for questions that name no address.
 * Throws `Unread`.
 */
export async function askBatch(questions: readonly string[], family?: 4 | 6): Promise<(readonly Fields[])[]> {
  if (questions.length === 0) return [];
  const input = questions.map((question) => `${question}\n`).join('');
  const only = family === undefined ? [] : [`-${family}`];
  const answer = await ask('ip', [...only, '-j', '-d', '-force', '-batch', '-'], input);
  const lines = answer.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const array = readArray(line);
    if (array === undefined) throw notUnderstood('ip');
    return array;
  });
}

/**
 * The IPsec policies for outgoing packets, as `ip xfrm` prints them; empty where the kernel has no IPsec, and where we
 * lack the rights to read them. Throws `Unread`.
 */
export async function readPolicyText(): Promise<string> {
  return ask('ip', ['-force', '-batch', '-'], 'xfrm policy list dir out\n');
}

/** The devices in what `ip -j -d link show` answers. */
export function linksIn(answer: string): Link[] {
  return (readArray(answer) ?? []).flatMap(readLink);
}

function readLink({ ifname, ifindex, address, linkinfo, link_type, link, link_index, master, xdp }: Fields): Link[] {
  if (typeof ifname !== 'string' || typeof ifindex !== 'number') return [];
  const { info_kind: kind, info_data: data } = isFields(linkinfo) ? linkinfo : ({} as Fields);
  const remote = isFields(data) ? (data.remote ?? data.remote6) : undefined;
  const isSet = (value: unknown): value is string => typeof value === 'string' && value !== '' && value !== 'any';
  return [
    {
      name: ifname,
      index: ifindex,
      type: textOf(link_type),
      hasXdp: xdp !== undefined,
      ...(isSet(kind) ? { kind } : {}),
      ...(isSet(address) ? { address } : {}),
      ...(isSet(link) ? { below: link } : {}),
      ...(typeof link_index === 'number' ? { belowIndex: link_index } : {}),
      ...(isSet(master) ? { master } : {}),
      ...(isSet(remote) ? { remote } : {}),
    },
  ];
}

/** With an input the tool may fail for a part of it: the rest is returned then. Throws `Unread`. */
function ask(tool: Tool, args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const program = findLinuxTool(tool);
    if (program === undefined) return reject(new Unread(`${tool} is missing: install the package ${packages[tool]}`));
    const options = {
      env: { LC_ALL: 'C' },
      timeout: limitMs,
      killSignal: 'SIGKILL',
      maxBuffer: longestAnswer,
      encoding: 'utf8',
    } as const;
    const child = execFile(program, args, options, (error, stdout) => {
      if (error === null || (input !== undefined && typeof error.code === 'number')) resolve(stdout);
      else reject(new Unread(`${program} ${failureOf(error)}`));
    });
    child.stdin?.on('error', () => {}).end(input);
  });
}

/** By the names of Debian and of Red Hat. */
const packages: Readonly<Record<Tool, string>> = {
  ip: 'iproute2 (Red Hat: iproute)',
  bridge: 'iproute2 (Red Hat: iproute)',
  tc: 'iproute2 (Red Hat: iproute-tc)',
  nsenter: 'util-linux',
};

function failureOf({ code, killed }: ExecFileException): string {
  if (typeof code === 'number') return `ended with exit code ${code}`;
  if (typeof code === 'string') return `cannot be used (${code})`;
  return killed ? `did not answer within ${limitMs / 1000} seconds` : 'was ended by somebody';
}

function notUnderstood(tool: Tool): Unread {
  return new Unread(`what ${findLinuxTool(tool) ?? tool} answered is not understood: install a newer iproute2`);
}

function readArray(text: string): Fields[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isFields) : undefined;
  } catch {
    return undefined;
  }
}
