import type { Job } from "../src/api/messages.ts";
import type { Connect, SocketHandlers } from "../src/api/socket.ts";
import type { OutputScreen } from "../src/state/output.ts";
import type { Timing } from "../src/state/timing.ts";

/** Time that stands still until a test moves it. */
export class ManualTiming implements Timing {
  #now = 1_000_000;
  #calls: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const entry = { at: this.#now + milliseconds, call };
    this.#calls.push(entry);
    return () => {
      this.#calls = this.#calls.filter((other) => other !== entry);
    };
  }

  beforeFrame(call: () => void): () => void {
    return this.after(16, call);
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.#calls.filter(({ at }) => at <= end).sort((left, right) => left.at - right.at)[0];
      if (next === undefined) break;
      this.#calls = this.#calls.filter((entry) => entry !== next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
    this.#now = end;
  }

  get waiting(): number {
    return this.#calls.length;
  }
}

/** The server's end of the WebSockets a model opens, in the order of their opening. */
export class FakeServer {
  readonly sockets: FakeSocket[] = [];

  readonly connect: Connect = (path, protocol, handlers) => {
    const socket = new FakeSocket(path, protocol, handlers);
    this.sockets.push(socket);
    return {
      send: (text) => socket.received.push(JSON.parse(text)),
      close: () => socket.isClosedByPage = true,
    };
  };

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }
}

export class FakeSocket {
  readonly received: unknown[] = [];
  isClosedByPage = false;

  constructor(readonly path: string, readonly protocol: string | null, private readonly handlers: SocketHandlers) {}

  json(message: unknown): void {
    if (!this.isClosedByPage) this.handlers.text(JSON.stringify(message));
  }

  bytes(text: string): void {
    if (!this.isClosedByPage) this.handlers.bytes(new TextEncoder().encode(text));
  }

  close(code = 1006): void {
    if (!this.isClosedByPage) this.handlers.closed(code);
  }
}

/** A terminal that parses when it is told to. */
export class FakeScreen implements OutputScreen {
  text = "";
  resets = 0;
  #parsed: (() => void)[] = [];

  write(bytes: Uint8Array, parsed: () => void): void {
    this.text += new TextDecoder().decode(bytes);
    this.#parsed.push(parsed);
  }

  reset(): void {
    this.resets += 1;
    this.text = "";
  }

  parse(): void {
    for (const parsed of this.#parsed.splice(0)) parsed();
  }
}

/** Answers each request with what the test has put there for it, and keeps what was asked. */
export class FakeHTTP {
  readonly requests: { method: string; path: string; body: unknown; headers: Headers }[] = [];
  respond: (method: string, path: string) => Response | Promise<Response> = () => new Response(null, { status: 500 });

  readonly fetch: typeof fetch = async (input, init) => {
    const path = String(input);
    const method = init?.method ?? "GET";
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    this.requests.push({ method, path, body, headers: new Headers(init?.headers) });
    return await this.respond(method, path);
  };
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers });
}

/** Lets every promise that is already resolved be seen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The higher the number, the newer the job. */
export function job(number: number, change: Partial<Job> = {}): Job {
  const digits = String(number).padStart(6, "0");
  return {
    id: `job-${digits}`,
    command: `command ${number}`,
    argv: null,
    cwd: "/srv",
    env: {},
    tty: { cols: 120, rows: 40 },
    timeout: null,
    name: null,
    tags: [],
    status: "running",
    pid: 1,
    exitCode: null,
    signal: null,
    reason: null,
    createdAt: `2026-11-23T16:00:00.${digits}Z`,
    startedAt: `2026-11-23T16:00:00.${digits}Z`,
    completedAt: null,
    node: "here",
    outputBytes: 0,
    restartOf: null,
    usage: null,
    ...change,
  };
}
