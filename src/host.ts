/**
 * What the program knows of the machine it was started on. Everything that differs between machines comes through here.
 */
export interface Host {
  readonly platform: 'windows' | 'linux';
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of this program: the executable, or the script that Node was given. */
  readonly program: string;
  /** How to start this program once more: an executable and its first arguments. */
  readonly command: readonly [string, ...string[]];
  /** The name it was started under, without folder and ending: `contain-host` or `release-host`. */
  readonly name: string;
  readonly timeouts: Timeouts;
  /** Bytes of one large part of the reserve at least; absent: as `state/reserve` says. */
  readonly smallestReserve?: number;
  /** What the process that started this one has begun for it; absent: nothing. */
  readonly begun?: Begun;
}

/** Calls of tools that another process has begun for this one, each to be taken once. */
export interface Begun {
  /**
   * Undefined where the call was not begun, or its end does not come in time: in `timeouts.begun`, or `patienceMs`.
   * Never rejects.
   */
  take(call: string, patienceMs?: number): Promise<BegunCall | undefined>;
}

/** How such a call ended. */
export interface BegunCall {
  /** Null when the tool never started or was killed. */
  readonly exitCode: number | null;
  /** The beginning of what it wrote, byte by byte. */
  readonly output: string;
  /** The file that it wrote, alone in a folder, which is whoever's that takes it. */
  readonly file?: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

/** How long this program waits for each thing, in milliseconds. */
export interface Timeouts {
  /** The agent waits for us on its receiver thread, without a limit of its own. */
  readonly worker: number;
  readonly lock: number;
  readonly dns: number;
  /** One netsh call; calls of 20 s and more are known from hosts that are still starting. */
  readonly netsh: number;
  /** One call that touches every rule: seconds on a usual host, minutes on a bloated one. */
  readonly script: number;
  readonly reg: number;
  /** The first attempt of a reading: whoever waits for the order has left by the end of a second long one. */
  readonly regAtFirst: number;
  /** Each of two attempts at a reading that the order can do without, since the block waits for it. */
  readonly regAside: number;
  /** All that is read to find the adapters of VPN clients. No order is refused for want of it, so none waits long. */
  readonly adapters: number;
  /** One question to the service manager. */
  readonly sc: number;
  readonly icacls: number;
  /** The proof by traffic, after the last change: how long a server that answered before may be silent. */
  readonly proofAfter: number;
  /** How long the registry may take to show what netsh has done. */
  readonly settle: number;
  /** How long after the block we look again which profile is in force: the cut itself may change that. */
  readonly secondLook: number;
  /** What the process that started this one has begun; whoever wants it then makes the call himself. */
  readonly begun: number;
  /** How old a reading may be that the process which started this one has made. */
  readonly begunAge: number;
  /** How old an export may be to become the backup: what somebody changes in that time is in no backup. */
  readonly exportAge: number;
  /**
   * From the start of the process until `status --line` answers: the agents wait for a command on the thread that reads
   * every log.
   */
  readonly line: number;
  /** From the start of a snapshot until its first stage is closed, whatever is still missing then. */
  readonly evidence: number;
  /** One tool of the first stage; what it gives after the first stage is closed goes into the second. */
  readonly evidenceTool: number;
  /** One tool of the second stage. */
  readonly evidenceLater: number;
  /** How long the second stage waits for the order to end. */
  readonly evidenceOrder: number;
  /** And how long after that: whoever waited for the order has something to do, and goes first. */
  readonly evidencePause: number;
}

export const timeouts: Timeouts = {
  worker: 25_000,
  lock: 20_000,
  dns: 5_000,
  netsh: 60_000,
  script: 180_000,
  reg: 60_000,
  regAtFirst: 20_000,
  regAside: 10_000,
  adapters: 3_000,
  sc: 10_000,
  icacls: 10_000,
  proofAfter: 10_000,
  settle: 5_000,
  secondLook: 3_000,
  begun: 1_000,
  begunAge: 2_000,
  exportAge: 500,
  line: 900,
  evidence: 2_000,
  evidenceTool: 20_000,
  evidenceLater: 60_000,
  evidenceOrder: 20_000,
  evidencePause: 1_000,
};
