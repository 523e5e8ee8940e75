import { type Http, path } from "./http.ts";

export interface Node {
  name: string;
  version: string | null;
  address: string | null;
  labels: string[];
  capacity: number | null;
  running: number;
  queued: number;
  state: "up" | "draining" | "unknown" | "down";
  heartbeatAt: string | null;
  isSelf: boolean;
}

/** The machines that run jobs. */
export class TeamClient {
  constructor(private readonly http: Http) {}

  nodes(signal?: AbortSignal): Promise<Node[]> {
    return this.http.json("GET", "/api/nodes", undefined, signal);
  }

  drain(name: string): Promise<void> {
    return this.http.done("POST", path`/api/nodes/${name}/drain`);
  }

  endDrain(name: string): Promise<void> {
    return this.http.done("DELETE", path`/api/nodes/${name}/drain`);
  }
}
