import { Http, nextCursor, path } from "./http.ts";
import type { Job, JobFilter, NewJob, Proof, Provider, Session, Usage, Version } from "./messages.ts";

export { ApiError, nextCursor } from "./http.ts";

export interface JobsRequest extends JobFilter {
  limit: number;
  cursor: string | null;
}

export interface JobsPage {
  jobs: Job[];
  /** Where the next page begins; null when this is the last one. */
  cursor: string | null;
}

/** Who is signed in, and their jobs. */
export class ApiClient {
  readonly http: Http;

  constructor(base: string, send: typeof fetch = (...input) => fetch(...input)) {
    this.http = new Http(base, send);
  }

  get base(): string {
    return this.http.base;
  }

  get clockSkew(): number {
    return this.http.clockSkew;
  }

  session(): Promise<Session> {
    return this.http.json("GET", "/api/session");
  }

  signIn(proof: Proof): Promise<Session> {
    return this.http.json("POST", "/api/session", proof);
  }

  /** Other ways in; a server without people of its own refuses the question. */
  providers(): Promise<Provider[]> {
    return this.http.json("GET", "/api/session/providers");
  }

  signOut(): Promise<void> {
    return this.http.done("DELETE", "/api/session");
  }

  version(): Promise<Version> {
    return this.http.json("GET", "/api/version");
  }

  async jobs(request: JobsRequest, signal?: AbortSignal): Promise<JobsPage> {
    const query = new URLSearchParams({ limit: String(request.limit) });
    if (request.statuses.length > 0) query.set("status", request.statuses.join(","));
    if (request.text !== "") query.set("q", request.text);
    for (const name of ["tag", "node", "by"] as const) {
      if (request[name] !== "") query.set(name, request[name]);
    }
    if (request.cursor !== null) query.set("cursor", request.cursor);
    const response = await this.http.request("GET", `/api/jobs?${query}`, undefined, signal);
    return { jobs: await response.json(), cursor: nextCursor(response.headers.get("Link")) };
  }

  job(id: string): Promise<Job> {
    return this.http.json("GET", path`/api/jobs/${id}`);
  }

  start(job: NewJob): Promise<Job> {
    return this.http.json("POST", "/api/jobs", job);
  }

  /** Returns once the job has ended, or after the grace time while it is still stopping. */
  stop(id: string): Promise<void> {
    return this.http.done("POST", path`/api/jobs/${id}/stop`);
  }

  /** Returns the new job. */
  restart(id: string): Promise<Job> {
    return this.http.json("POST", path`/api/jobs/${id}/restart`);
  }

  remove(id: string, options: { force: boolean }): Promise<void> {
    return this.http.done("DELETE", path`/api/jobs/${id}` + (options.force ? "?force=true" : ""));
  }

  signal(id: string, signal: string): Promise<void> {
    return this.http.done("POST", path`/api/jobs/${id}/signal`, { signal });
  }

  pause(id: string): Promise<void> {
    return this.http.done("POST", path`/api/jobs/${id}/pause`);
  }

  resume(id: string): Promise<void> {
    return this.http.done("POST", path`/api/jobs/${id}/resume`);
  }

  usage(id: string): Promise<Usage> {
    return this.http.json("GET", path`/api/jobs/${id}/usage`);
  }

  /** The address of a job's whole output, in one of its forms. */
  outputAddress(id: string, form: "raw" | "text" | "recording" = "raw"): string {
    const address = this.base + path`/api/jobs/${id}/`;
    return address + { raw: "logs", text: "logs?format=text", recording: "recording" }[form];
  }
}
