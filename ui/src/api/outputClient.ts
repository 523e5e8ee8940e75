import { type Http, path, type Piece } from "./http.ts";

/** A line that holds what was looked for; `start` and `length` are in code points of `text`. */
export interface LineHit {
  line: number;
  /** Where the line begins in the output. */
  offset: number;
  start: number;
  length: number;
  text: string;
}

export interface SearchEnd {
  done: true;
  hits: number;
  truncated: boolean;
}

export interface SearchRequest {
  text: string;
  isRegex: boolean;
  isCaseSensitive: boolean;
}

/** Reads of a job's output that are no live stream. */
export class OutputClient {
  constructor(private readonly http: Http) {}

  async range(id: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.piece(id, start, end, signal)).bytes;
  }

  /** The same, with the place where it begins: behind `start` when that was not kept. */
  piece(id: string, start: number, end: number, signal?: AbortSignal): Promise<Piece> {
    return this.http.range(path`/api/jobs/${id}/logs`, start, end, signal);
  }

  search(id: string, request: SearchRequest, limit: number, signal: AbortSignal): AsyncGenerator<LineHit | SearchEnd> {
    const query = new URLSearchParams({ q: request.text, limit: String(limit) });
    if (request.isRegex) query.set("regex", "1");
    if (request.isCaseSensitive) query.set("case", "1");
    return this.http.lines(path`/api/jobs/${id}/search?` + query, signal);
  }

  /** Plain lines, each with the time it was printed, from an offset on; with `follow` until the job ends. */
  timed(id: string, from: number, follow: boolean, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const query = new URLSearchParams({ format: "text", timestamps: "1", from: String(from) });
    if (follow) query.set("follow", "1");
    return this.http.pieces(path`/api/jobs/${id}/logs?` + query, signal);
  }

  recording(id: string, signal: AbortSignal): AsyncGenerator<unknown> {
    return this.http.lines(path`/api/jobs/${id}/recording`, signal);
  }
}
