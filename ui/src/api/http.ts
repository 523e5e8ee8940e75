import * as common from "../texts/common.ts";
/** A refusal of the server, or (with status 0) no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The name of the field that was refused, where the server says it. */
    readonly field: string | null = null,
  ) {
    super(message);
  }

  get isUnreachable(): boolean {
    return this.status === 0;
  }
}

/** Some bytes of an output, and where in it they begin. */
export interface Piece {
  start: number;
  bytes: Uint8Array;
}

/** Every HTTP request of the page. The session is a cookie, so nothing secret is kept here. */
export class Http {
  /** How far the server's clock is ahead of this machine's, in milliseconds, to within a second. */
  clockSkew = 0;

  constructor(readonly base: string, private readonly send: typeof fetch) {}

  async json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return await (await this.request(method, path, body, signal)).json();
  }

  /** The answer to a request whose body does not matter. */
  async done(method: string, path: string, body?: unknown): Promise<void> {
    await this.request(method, path, body);
  }

  /** Lines of JSON, each as it arrives. */
  async *lines<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
    const response = await this.request("GET", path, undefined, signal);
    let rest = "";
    for await (const text of texts(response)) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line);
    }
    if (rest !== "") yield JSON.parse(rest);
  }

  /** The body in pieces; the next is only read when the last was taken. */
  async *pieces(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const response = await this.request("GET", path, undefined, signal);
    if (response.body === null) return;
    const reader = response.body.getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
    } finally {
      // Whoever stops listening must not leave the server sending.
      void reader.cancel().catch(() => {});
    }
  }

  /**
   * The bytes from `start` up to `end`, which is not among them. Output that has a gap knows no ranges: of it, those before the
   * gap, or those behind it when `start` lies in it.
   */
  async range(path: string, start: number, end: number, signal?: AbortSignal): Promise<Piece> {
    const fields = { Range: `bytes=${start}-${end - 1}` };
    const response = await this.request("GET", path, undefined, signal, fields);
    if (response.status === 206) return { start, bytes: new Uint8Array(await response.arrayBuffer()) };
    void response.body?.cancel().catch(() => {});
    const cut = await this.request("GET", `${path}?from=${start}&follow=1&gaps=cut`, undefined, signal);
    const dropped = Number(cut.headers.get("Srun-Output-Dropped") ?? 0);
    return { start: start + dropped, bytes: await firstBytes(cut, Math.max(0, end - start - dropped)) };
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
    fields: Record<string, string> = {},
  ): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json", ...fields };
    // Another site can make a browser send our cookie, but not this header.
    if (method !== "GET") headers["X-Srun-CSRF"] = "1";
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await this.send(this.base + path, {
        method,
        headers,
        credentials: "same-origin",
        cache: "no-store",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, "unreachable", common.unreachable);
    }
    this.#learnClock(response.headers.get("Date"));
    if (!response.ok) throw await refusal(response);
    return response;
  }

  #learnClock(date: string | null): void {
    const server = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(server)) return;
    const skew = server - Date.now();
    // The header has whole seconds: anything smaller is its rounding and the time on the wire.
    this.clockSkew = Math.abs(skew) < 2000 ? 0 : skew;
  }
}

async function firstBytes(response: Response, most: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  let filled = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined && filled < most) {
    const part = await reader.read();
    if (part.done) break;
    bytes.set(part.value.subarray(0, most - filled), filled);
    filled += Math.min(part.value.length, most - filled);
  }
  void reader?.cancel().catch(() => {});
  return bytes.subarray(0, filled);
}

async function* texts(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      yield decoder.decode(part.value, { stream: true });
    }
    yield decoder.decode();
  } finally {
    void reader.cancel().catch(() => {});
  }
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const body = await response.json();
    if (typeof body.error === "string" && typeof body.code === "string") {
      const field = typeof body.field === "string" ? body.field : null;
      return new ApiError(response.status, body.code, asSentence(body.error), field);
    }
  } catch {
    // Not ours: a proxy in between has answered in its own words.
  }
  return new ApiError(response.status, "unexpected", common.answeredWith(response.status));
}

/** `Link: </api/jobs?cursor=...&limit=100>; rel="next"`. Only the cursor is read: the address may lack a proxy's prefix. */
export function nextCursor(link: string | null): string | null {
  for (const [, address, parameters] of (link ?? "").matchAll(/<([^>]*)>([^,<]*)/g)) {
    if (/;\s*rel="?next"?/i.test(parameters ?? "")) {
      return new URL(address ?? "", "http://server").searchParams.get("cursor");
    }
  }
  return null;
}

/** A path whose parts come from outside. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.map((part, index) => part + encodeURIComponent(values[index] ?? "")).join("");
}

/** What to say about a request that went wrong. */
export function messageOf(error: unknown, otherwise: string): string {
  return error instanceof ApiError ? error.message : otherwise;
}

function asSentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
