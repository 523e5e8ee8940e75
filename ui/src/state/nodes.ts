import { ApiError, messageOf } from "../api/http.ts";
import type { Node, TeamClient } from "../api/teamClient.ts";
import { didNotWork } from "../texts/common.ts";
import { couldNotRead } from "../texts/team.ts";
import { Observable } from "./observable.ts";
import type { Timing } from "./timing.ts";

export interface NodesState {
  /** `absent`: this deployment knows no nodes. */
  phase: "unknown" | "ready" | "failed" | "absent";
  nodes: readonly Node[];
  error: string | null;
  /** The node about which an answer is awaited. */
  pending: string | null;
}

const REFRESH = 5000;

/** The machines of the team. Asked for once at first, and again and again while somebody looks at them. */
export class Nodes {
  readonly state = new Observable<NodesState>({ phase: "unknown", nodes: [], error: null, pending: null });
  #watchers = 0;
  #cancel: (() => void) | null = null;
  #isDisposed = false;

  /** `areKnown`: whether this server knows nodes at all; one that is older than this page does not. */
  constructor(
    private readonly client: TeamClient,
    private readonly timing: Timing,
    private readonly areKnown: () => boolean,
  ) {}

  /** Whether there is more than one place where a job can run. */
  get isTeam(): boolean {
    return this.state.value.nodes.length > 1;
  }

  /** Returns what ends the watching. */
  watch(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) void this.fetch();
    return () => {
      this.#watchers -= 1;
      if (this.#watchers > 0) return;
      this.#cancel?.();
      this.#cancel = null;
    };
  }

  async fetch(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    if (!this.areKnown()) return this.#set({ phase: "absent" });
    try {
      const nodes = await this.client.nodes();
      this.#set({ phase: "ready", nodes, error: null });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return this.#set({ phase: "absent" });
      const isShown = this.state.value.phase === "ready";
      this.#set({ phase: isShown ? "ready" : "failed", error: messageOf(error, couldNotRead) });
    }
    if (this.#watchers > 0 && !this.#isDisposed) this.#cancel = this.timing.after(REFRESH, () => void this.fetch());
  }

  async setDraining(node: Node, isDraining: boolean): Promise<void> {
    if (this.state.value.pending !== null) return;
    this.#set({ pending: node.name, error: null });
    try {
      await (isDraining ? this.client.drain(node.name) : this.client.endDrain(node.name));
      await this.fetch();
    } catch (error) {
      this.#set({ error: messageOf(error, didNotWork) });
    } finally {
      this.#set({ pending: null });
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#cancel?.();
  }

  #set(change: Partial<NodesState>): void {
    if (!this.#isDisposed) this.state.value = { ...this.state.value, ...change };
  }
}
