import type { App } from "../app.ts";
import type { Job } from "../api/messages.ts";
import { age } from "../texts/format.ts";
import { CommandHistory } from "../state/commandHistory.ts";
import { h, useEffect, useMemo, type VNode } from "../view.ts";
import * as texts from "../texts/run.ts";
import { StatusIcon } from "./icons.tsx";
import { shownCommand } from "./shownCommand.ts";
import { useObservable } from "./useObservable.ts";

/** Commands run before, to take one of them over with everything it was run with. */
export function HistoryList({ app, onChoose }: { app: App; onChoose(job: Job): void }): VNode {
  const history = useMemo(() => new CommandHistory(app.client, app.timing), []);
  useEffect(() => () => history.dispose(), []);
  const { text, jobs, error } = useObservable(history.state);
  const now = useObservable(app.ticker);
  return (
    <section class="history" aria-label={texts.runBefore}>
      <input
        type="search"
        aria-label={texts.searchRunBefore}
        placeholder={texts.searchRunBefore}
        autofocus
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => history.search(event.currentTarget.value)}
      />
      {error !== null && <p class="field-error" role="alert">{error}</p>}
      {jobs?.length === 0 && <p class="dim">{text.trim() === "" ? texts.noneRunYet : texts.noCommandMatches}</p>}
      <ul class="history-list">
        {jobs?.map((job) => (
          <li key={job.id}>
            <button type="button" onClick={() => onChoose(job)}>
              <StatusIcon status={job.status} />
              <span class="mono history-command">{shownCommand(job)}</span>
              <span class="dim tabular">{age(job.createdAt, now)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
