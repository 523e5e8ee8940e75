// The JSON of the HTTP and WebSocket API, as docs/http-api.md describes it.

export const STATUSES = ["queued", "running", "completed", "failed", "stopped", "timeout", "lost"] as const;
export type JobStatus = (typeof STATUSES)[number];

export interface TerminalSize {
  cols: number;
  rows: number;
}

export interface Job {
  id: string;
  /** Of a job given as `argv`: the arguments quoted as a shell would need them. */
  command: string;
  argv: string[] | null;
  cwd: string | null;
  env: Record<string, string>;
  /** `false` for a job on pipes. */
  tty: TerminalSize | false;
  timeout: number | null;
  name: string | null;
  tags: string[];
  status: JobStatus;
  pid: number | null;
  exitCode: number | null;
  signal: number | null;
  reason: string | null;
  createdAt: string;
  startedAt: string | null;
  completedAt: string | null;
  /** How long it ran, once it has ended; measured, so that it is right also when the server's clock was set meanwhile. */
  durationSeconds?: number | null;
  /** Null while it is queued for any node. */
  node: string | null;
  outputBytes: number;
  restartOf: string | null;
  usage: {
    userSeconds: number;
    systemSeconds: number;
    maxResidentBytes: number;
    readBytes?: number | null;
    writtenBytes?: number | null;
  } | null;

  // Absent on a server that is older than this page.
  createdBy?: string | null;
  stoppedBy?: string | null;
  /** The stop sequence runs. */
  stopping?: boolean | null;
  paused?: boolean | null;
  limits?: Limits | null;
  nice?: number | null;
  retries?: { count: number; delaySeconds?: number | null; maxDelaySeconds?: number | null } | null;
  /** When the next try starts, while its pause runs. */
  retryAt?: string | null;
  retryOf?: string | null;
  attempt?: number | null;
  /** How much the output quota has dropped. */
  outputDropped?: number | null;
  /** The job's node has lost contact, and nobody knows what it does. */
  unknown?: boolean | null;
  placement?: { node: string | null; label: string | null } | null;
  priority?: number | null;
  group?: { name: string; limit: number } | null;
  /** Names only. */
  secretEnv?: string[] | null;
}

export interface Limits {
  memoryBytes?: number | null;
  processes?: number | null;
  cpuCores?: number | null;
  openFiles?: number | null;
  fileBytes?: number | null;
  cpuSeconds?: number | null;
}

export interface Usage {
  intervalSeconds: number;
  samples: UsageSample[];
}

/** CPU and transfers are counted from the start of the job. */
export interface UsageSample {
  time: string;
  cpuSeconds: number;
  memoryBytes: number;
  readBytes: number | null;
  writtenBytes: number | null;
  processes: number | null;
  outputBytes?: number | null;
}

/** Which jobs a list shows; an empty text or list means any. */
export interface JobFilter {
  text: string;
  statuses: readonly JobStatus[];
  tag: string;
  node: string;
  by: string;
}

/** The body of `POST /api/jobs`, without the fields this page never sends. */
export interface NewJob {
  command: string;
  secretEnv?: Record<string, string>;
  node?: string;
  label?: string;
  priority?: number;
  limits?: Limits;
  nice?: number;
  retries?: { count: number; delaySeconds?: number };
  cwd?: string;
  env?: Record<string, string>;
  tty?: boolean | TerminalSize;
  timeout?: number;
  name?: string;
  tags?: string[];
}

export type Right = "view" | "operate" | "input" | "administer";

export interface Session {
  user: string;
  rights: Right[];
  node: string;
  version: string;
  // Absent on a server that is older than this page.
  role?: string | null;
  store?: string | null;
  team?: boolean | null;
  auth?: string | null;
}

export type Proof = { code: string } | { token: string } | { user: string; password: string };

export interface Provider {
  id: string;
  name: string;
  url: string;
}

export interface Version {
  version: string;
  commit: string;
  date: string;
}

export type EventMessage =
  | { type: "hello" }
  | { type: "job"; job: Job }
  | { type: "removed"; id: string };

export type LogMessage =
  | {
    type: "hello";
    job: string;
    from: number;
    status: JobStatus;
    tty: TerminalSize | false;
    /** What paints the screen of a full-screen program as it is at `from`. */
    screen?: TerminalSize & { base64: string } | null;
  }
  | { type: "gap"; offset: number; bytes: number }
  | {
    type: "end";
    status: JobStatus;
    exitCode: number | null;
    signal: number | null;
    reason: string | null;
    bytes: number;
  }
  | { type: "resize"; cols: number; rows: number }
  | { type: "input"; bytes: number }
  | { type: "error"; code: string; error: string };

/** Close codes of both WebSockets that mean something to this page. */
export const CloseCode = { goingDown: 1012, fellBehind: 1013, signedOut: 4401, removed: 4404 } as const;

/** A final status never changes. */
export function isFinal(status: JobStatus): boolean {
  return status !== "queued" && status !== "running";
}

export function parseEvent(text: string): EventMessage | null {
  const message = parseObject(text);
  switch (message?.type) {
    case "hello":
      return { type: "hello" };
    case "job":
      return isJob(message.job) ? { type: "job", job: message.job } : null;
    case "removed":
      return typeof message.id === "string" ? { type: "removed", id: message.id } : null;
    default:
      // A newer server may send more kinds; they are not for this page.
      return null;
  }
}

export function parseLogMessage(text: string): LogMessage | null {
  const message = parseObject(text);
  switch (message?.type) {
    case "hello":
      return typeof message.from === "number" ? message as unknown as LogMessage : null;
    case "gap":
      return typeof message.bytes === "number" ? message as unknown as LogMessage : null;
    case "end":
      return typeof message.bytes === "number" ? message as unknown as LogMessage : null;
    case "resize":
      return typeof message.cols === "number" ? message as unknown as LogMessage : null;
    case "input":
      return typeof message.bytes === "number" ? message as unknown as LogMessage : null;
    case "error":
      return { type: "error", code: String(message.code), error: String(message.error) };
    default:
      return null;
  }
}

function isJob(value: unknown): value is Job {
  const job = value as Partial<Job> | null;
  return typeof job === "object" && job !== null && typeof job.id === "string" && typeof job.createdAt === "string" &&
    STATUSES.includes(job.status as JobStatus);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : null;
  } catch {
    return null;
  }
}
