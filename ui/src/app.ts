import type { ApiClient } from "./api/client.ts";
import type { Connect } from "./api/socket.ts";
import type { Shortcuts } from "./keys.ts";
import { Connection } from "./state/connection.ts";
import { Events } from "./state/events.ts";
import { Jobs } from "./state/jobs.ts";
import { EMPTY_FORM, type RunForm } from "./state/runForm.ts";
import { Observable } from "./state/observable.ts";
import type { Preferences } from "./state/preferences.ts";
import type { Router } from "./state/route.ts";
import type { SessionModel } from "./state/session.ts";
import type { Ticker } from "./state/ticker.ts";
import type { Timing } from "./state/timing.ts";

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
}

/** What lives as long as somebody is signed in. */
export class Workspace {
  readonly connection: Connection;
  readonly events: Events;
  readonly jobs: Jobs;
  /** What was typed in the run dialog, so that closing it by mistake loses nothing. */
  readonly draft = new Observable<RunForm>(EMPTY_FORM);
  /** Said to people who cannot see the page change. */
  readonly announcement = new Observable("");

  constructor(readonly app: App) {
    this.connection = new Connection(app.timing, () => void app.session.check());
    this.events = new Events(this.connection, app.connect);
    this.jobs = new Jobs(app.client, this.events, app.timing);
    this.events.start();
  }

  dispose(): void {
    this.jobs.dispose();
    this.events.dispose();
    this.connection.dispose();
  }
}
