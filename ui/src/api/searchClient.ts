import type { Http } from "./http.ts";
import type { Job } from "./messages.ts";
import type { LineHit } from "./outputClient.ts";

export interface OutputHit extends LineHit {
  /** What is said of a job is looked for too; that the list of jobs does already. */
  field?: "output" | "command" | "name" | "tag";
  job: Pick<Job, "id" | "command" | "name" | "status" | "createdAt">;
}

export interface OutputSearchEnd {
  done: true;
  truncated?: boolean;
  /** Where to go on, when there is more. */
  cursor?: string | null;
}

/** Looks through the output of every job. */
export class SearchClient {
  constructor(private readonly http: Http) {}

  output(
    text: string,
    limit: number,
    cursor: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<OutputHit | OutputSearchEnd> {
    const query = new URLSearchParams({ q: text, limit: String(limit) });
    if (cursor !== null) query.set("cursor", cursor);
    return this.http.lines(`/api/search?${query}`, signal);
  }
}
