import { execFile } from 'node:child_process';
import { type Fields, isFields, textOf } from '../json';
import { findLinuxTool } from '../process/linux-tool';

/** The kernel answers at once; the limit is for a host that is overloaded. */
const limitMs = 3000;

/** In bytes: enough for some ten thousand devices. No host has more. */
const longestAnswer = 32 * 1024 * 1024;

/** Where the kernel would send a packet. */
export interface Route {
  readonly device: string;
  /** The address of the next hop, where there is one. An IPv4 route may go by an IPv6 neighbour (RFC 5549). */
  readonly nextHop?: string;
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

/** What the kernel says of this host's network, asked all at once. */
export interface Answers {
  /** By the address asked for. Addresses without a route are left out. */
  readonly routes: ReadonlyMap<string, Route>;
  readonly links: readonly Link[];
  /** The IPsec policies for outgoing packets, as `ip xfrm` prints them; empty where we lack the rights to read them. */
  readonly policies: string;
}

/** Reads the routes to these addresses, the devices, and the IPsec policies. Addresses must be valid. Never throws. */
export async function readAnswers(addresses: readonly string[]): Promise<Answers> {
  const lines = await askBatch([...addresses.map(routeTo), 'link show', 'xfrm policy list dir out']);
  const arrays = lines.filter((line) => line.startsWith('[')).map(readArray);
  return {
    routes: routesIn(arrays.flat()),
    links: arrays.flat().flatMap(readLink),
    policies: lines.filter((line) => !line.startsWith('[')).join('\n'),
  };
}

/** Reads only the routes. */
export async function readRoutes(addresses: readonly string[]): Promise<ReadonlyMap<string, Route>> {
  if (addresses.length === 0) return new Map();
  return routesIn((await askBatch(addresses.map(routeTo))).flatMap(readArray));
}

const routeTo = (address: string): string => `route get ${address}`;

/** Where one question fails the others are answered all the same. */
async function askBatch(questions: readonly string[]): Promise<string[]> {
  const input = questions.map((question) => `${question}\n`).join('');
  return ((await ask('ip', ['-j', '-d', '-force', '-batch', '-'], input)) ?? '').split('\n');
}

function routesIn(found: readonly Fields[]): ReadonlyMap<string, Route> {
  return new Map(
    found.flatMap(({ dst, dev, gateway, via }) => {
      if (typeof dst !== 'string' || typeof dev !== 'string') return [];
      const nextHop = isFields(via) ? via.host : gateway;
      return [[dst, { device: dev, ...(typeof nextHop === 'string' ? { nextHop } : {}) }] as const];
    }),
  );
}

/**
 * Reads the devices of this host's namespace or, with `enter`, of the namespace in that file. Undefined where they
 * cannot be read.
 */
export async function readLinks(enter?: string): Promise<Link[] | undefined> {
  const list = ['-j', '-d', 'link', 'show'];
  const answer =
    enter === undefined
      ? await ask('ip', list)
      : await ask('nsenter', [`--net=${enter}`, '--', findLinuxTool('ip') ?? 'ip', ...list]);
  if (answer === undefined) return undefined;
  return linksIn(answer);
}

/** What a tool of iproute2 answers, as parsed JSON. Undefined where the tool is missing or fails. */
export async function askJson(tool: 'ip' | 'tc' | 'bridge', ...args: readonly string[]): Promise<Fields[] | undefined> {
  const answer = await ask(tool, ['-j', ...args]);
  return answer === undefined ? undefined : readArray(answer);
}

/** The devices in what `ip -j -d link show` answers. */
export function linksIn(answer: string): Link[] {
  return readArray(answer).flatMap(readLink);
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

/** Undefined where the tool is missing or fails. With an input it may fail for a part: the rest is returned then. */
function ask(tool: string, args: readonly string[], input?: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const program = findLinuxTool(tool);
    if (program === undefined) return resolve(undefined);
    const options = {
      env: { LC_ALL: 'C' },
      timeout: limitMs,
      killSignal: 'SIGKILL',
      maxBuffer: longestAnswer,
      encoding: 'utf8',
    } as const;
    const child = execFile(program, args, options, (error, stdout) =>
      resolve(error !== null && input === undefined ? undefined : stdout),
    );
    child.stdin?.on('error', () => {}).end(input);
  });
}

function readArray(text: string): Fields[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isFields) : [];
  } catch {
    return [];
  }
}
