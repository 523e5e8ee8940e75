import type { Job, JobStatus, NewJob, Session, Version } from "./messages.ts";

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

export interface JobsRequest {
  text: string;
  statuses: readonly JobStatus[];
  limit: number;
  cursor: string | null;
}

export interface JobsPage {
  jobs: Job[];
  /** Where the next page begins; null when this is the last one. */
  cursor: string | null;
}

/** Every HTTP request of the page. The session is a cookie, so nothing secret is kept here. */
export class ApiClient {
  /** How far the server's clock is ahead of this machine's, in milliseconds, to within a second. */
  clockSkew = 0;

  constructor(readonly base: string, private readonly send: typeof fetch = (...input) => fetch(...input)) {}

  session(): Promise<Session> {
    return this.json("GET", "/api/session");
  }

  signIn(proof: { code: string } | { token: string }): Promise<Session> {
    return this.json("POST", "/api/session", proof);
  }

  async signOut(): Promise<void> {
    await this.request("DELETE", "/api/session");
  }

  version(): Promise<Version> {
    return this.json("GET", "/api/version");
  }

  async jobs({ text, statuses, limit, cursor }: JobsRequest, signal?: AbortSignal): Promise<JobsPage> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (statuses.length > 0) query.set("status", statuses.join(","));
    if (text !== "") query.set("q", text);
    if (cursor !== null) query.set("cursor", cursor);
    const response = await this.request("GET", `/api/jobs?${query}`, undefined, signal);
    return { jobs: await response.json(), cursor: nextCursor(response.headers.get("Link")) };
  }

  job(id: string): Promise<Job> {
    return this.json("GET", `/api/jobs/${encodeURIComponent(id)}`);
  }

  start(job: NewJob): Promise<Job> {
    return this.json("POST", "/api/jobs", job);
  }

  /** Returns once the job has ended, or after the grace time while it is still stopping. */
  async stop(id: string): Promise<void> {
    await this.request("POST", `/api/jobs/${encodeURIComponent(id)}/stop`);
  }

  /** Returns the new job. */
  restart(id: string): Promise<Job> {
    return this.json("POST", `/api/jobs/${encodeURIComponent(id)}/restart`);
  }

  async remove(id: string, options: { force: boolean }): Promise<void> {
    await this.request("DELETE", `/api/jobs/${encodeURIComponent(id)}${options.force ? "?force=true" : ""}`);
  }

  /** The address of a job's whole output. */
  outputAddress(id: string): string {
    return `${this.base}/api/jobs/${encodeURIComponent(id)}/logs`;
  }

  private async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return await (await this.request(method, path, body)).json();
  }

  private async request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
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
      throw new ApiError(0, "unreachable", "The server cannot be reached.");
    }
    this.learnClock(response.headers.get("Date"));
    if (!response.ok) throw await refusal(response);
    return response;
  }

  private learnClock(date: string | null): void {
    const server = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(server)) return;
    const skew = server - Date.now();
    // The header has whole seconds: anything smaller is its rounding and the time on the wire.
    this.clockSkew = Math.abs(skew) < 2000 ? 0 : skew;
  }
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const body = await response.json();
    if (typeof body.error === "string" && typeof body.code === "string") {
      return new ApiError(
        response.status,
        body.code,
        asSentence(body.error),
        typeof body.field === "string" ? body.field : null,
      );
    }
  } catch {
    // Not ours: a proxy in between has answered in its own words.
  }
  return new ApiError(response.status, "unexpected", `The server answered with status ${response.status}.`);
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

function asSentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
