import type { ApiClient } from "./api/client.ts";
import type { Connect } from "./api/socket.ts";
import type { Shortcuts } from "./keys.ts";
import { Connection } from "./state/connection.ts";
import { TeamClient } from "./api/teamClient.ts";
import { Events } from "./state/events.ts";
import { filterQuery, parseFilter } from "./state/jobFilter.ts";
import { Jobs } from "./state/jobs.ts";
import { keepPlace, type KeptPlace, type KeptReading, takePlace } from "./state/keptPlace.ts";
import { ListCursor } from "./state/listCursor.ts";
import { Nodes } from "./state/nodes.ts";
import { EMPTY_FORM, type RunForm } from "./state/runForm.ts";
import { Observable } from "./state/observable.ts";
import type { Preferences } from "./state/preferences.ts";
import type { Router } from "./state/route.ts";
import { Selection } from "./state/selection.ts";
import type { SessionModel } from "./state/session.ts";
import type { Ticker } from "./state/ticker.ts";
import type { Timing } from "./state/timing.ts";
import { Upgrade } from "./state/upgrade.ts";

/** What lives as long as the page. */
export interface App {
  readonly client: ApiClient;
  readonly connect: Connect;
  readonly timing: Timing;
  readonly preferences: Preferences;
  readonly router: Router;
  readonly session: SessionModel;
  readonly shortcuts: Shortcuts;
  readonly ticker: Ticker;
  readonly isDark: Observable<boolean>;
  /** Kept for as long as the tab is open; null where it is forbidden. */
  readonly tabStorage: Storage | null;
}

/** The output that is on the screen, as far as the rest of the page needs it. */
export interface Reading {
  job: string;
  isTyping(): boolean;
  /** What the page after this one needs to show the same. */
  keep(): Promise<KeptReading>;
}

/** What lives as long as somebody is signed in. */
export class Workspace {
  readonly connection: Connection;
  readonly events: Events;
  readonly jobs: Jobs;
  readonly cursor = new ListCursor();
  readonly selection: Selection;
  readonly nodes: Nodes;
  readonly upgrade: Upgrade;
  /** What was typed in the run dialog, so that closing it by mistake loses nothing. */
  readonly draft: Observable<RunForm>;
  /** How far the list is scrolled. */
  listTop: number;
  reading: Reading | null = null;
  #keptOutput: KeptPlace["output"];
  /** Said to people who cannot see the page change. */
  readonly announcement = new Observable("");
  readonly #ends: (() => void)[];

  constructor(readonly app: App) {
    const kept = takePlace(app.tabStorage);
    this.draft = new Observable(kept?.draft ?? EMPTY_FORM);
    this.listTop = kept?.list.top ?? 0;
    this.#keptOutput = kept?.output ?? null;
    this.connection = new Connection(app.timing, () => void app.session.check());
    this.events = new Events(this.connection, app.connect);
    this.jobs = new Jobs(app.client, this.events, app.timing, parseFilter(app.router.query.value), kept?.list.jobs);
    this.selection = new Selection(app.client);
    this.nodes = new Nodes(new TeamClient(app.client.http), app.timing, () => {
      const state = app.session.state.value;
      return state.kind === "signedIn" && state.session.team === true;
    });
    this.upgrade = new Upgrade(app.client, this.events);
    // The filter stands in the address, and the address may change by going back.
    this.#ends = [
      this.jobs.list.subscribe(() => app.router.setQuery(filterQuery(this.jobs.list.value.filter))),
      app.router.query.subscribe(() => {
        const filter = parseFilter(app.router.query.value);
        if (filterQuery(filter) !== filterQuery(this.jobs.list.value.filter)) this.jobs.filter(filter);
      }),
    ];
    this.events.start();
  }

  /** How the page before this one showed the output of this job; once. */
  takeKeptOutput(job: string): KeptReading | null {
    const kept = this.#keptOutput;
    this.#keptOutput = null;
    return kept?.job === job ? kept : null;
  }

  /** Before the page loads itself anew. */
  async keepPlace(): Promise<void> {
    const { reading } = this;
    const kept = await reading?.keep();
    keepPlace(this.app.tabStorage, {
      draft: this.draft.value,
      list: { top: this.listTop, jobs: this.jobs.list.value.jobs.length },
      output: reading === null || kept === undefined ? null : { job: reading.job, ...kept },
    });
  }

  dispose(): void {
    for (const end of this.#ends) end();
    this.upgrade.dispose();
    this.nodes.dispose();
    this.jobs.dispose();
    this.events.dispose();
    this.connection.dispose();
  }
}
