import type { OutputHit } from "../api/searchClient.ts";
import type { Workspace } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import { HitText } from "../components/hitText.tsx";
import { SearchIcon, StatusIcon } from "../components/icons.tsx";
import { PageLink } from "../components/pageLink.tsx";
import { shownCommand } from "../components/shownCommand.ts";
import { useObservable } from "../components/useObservable.ts";
import { age } from "../texts/format.ts";
import type { Router } from "../state/route.ts";
import { SearchEverywhere, type SearchState } from "../state/searchEverywhere.ts";
import * as texts from "../texts/search.ts";
import { Fragment, h, useEffect, useLayoutEffect, useMemo, useRef, type VNode } from "../view.ts";

/** The server tells no more lines of one job. */
const MOST_OF_A_JOB = 10;

/** One box over commands, names, tags and the output of all jobs. */
export function SearchPage({ workspace, text }: { workspace: Workspace; text: string }): VNode {
  const { app } = workspace;
  const search = useMemo(() => new SearchEverywhere(app.client, app.timing), []);
  const state = useObservable(search.state);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => () => search.dispose(), []);
  // Typed here, or come back to.
  useEffect(() => {
    if (text !== search.state.value.text) search.look(text, true);
  }, [text]);
  useLayoutEffect(() => {
    field.current?.focus();
    return app.shortcuts.bind({ "/": () => field.current?.select() });
  }, []);

  return (
    <div class="page">
      <h1 class="visually-hidden">{texts.title}</h1>
      <div class="page-head" role="search" aria-label={texts.allJobs}>
        <span class="search large">
          <SearchIcon />
          <input
            ref={field}
            type="search"
            aria-label={texts.field}
            placeholder={texts.field}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            value={state.text}
            onInput={(event) => {
              search.look(event.currentTarget.value);
              app.router.replace({ page: "search", text: event.currentTarget.value });
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") search.look(event.currentTarget.value, true);
            }}
          />
        </span>
        <p class="dim" role="status">{statusText(state)}</p>
      </div>
      {state.error !== null && <p class="notice error" role="alert">{state.error}</p>}
      <div class="page-body">
        {state.text.trim() === ""
          ? (
            <EmptyState title={texts.invitation}>
              <p>{texts.whatIsSearched}</p>
            </EmptyState>
          )
          : <Results workspace={workspace} state={state} onMore={search.canGoOn ? () => search.more() : null} />}
      </div>
    </div>
  );
}

function statusText({ text, jobs, hits, output, isTruncated }: SearchState): string {
  if (text.trim() === "" || jobs === null) return text.trim() === "" ? "" : texts.searching;
  const lines = output === "absent" ? "" : texts.lineCount(hits.length, isTruncated);
  return [texts.jobCount(jobs.length), lines, output === "searching" ? texts.searchingOn : ""].filter(Boolean).join(
    " · ",
  );
}

interface ResultsProps {
  workspace: Workspace;
  state: SearchState;
  onMore: (() => void) | null;
}

function Results({ workspace: { app, jobs }, state, onMore }: ResultsProps): VNode {
  const now = useObservable(app.ticker);
  const isNothing = state.jobs?.length === 0 && state.hits.length === 0 && state.output !== "searching";
  if (isNothing) return <EmptyState title={texts.nothing} />;
  return (
    <Fragment>
      {(state.jobs?.length ?? 0) > 0 && (
        <section class="results" aria-label={texts.jobs}>
          <h2>{texts.jobs}</h2>
          <ul>
            {state.jobs?.map((job) => (
              <li key={job.id}>
                <PageLink router={app.router} to={{ page: "job", id: job.id }} class="result">
                  <StatusIcon status={job.status} />
                  {job.name !== null && <strong>{job.name}</strong>}
                  <span class="mono result-command">{shownCommand(job)}</span>
                  <span class="dim tabular">{age(job.createdAt, now)}</span>
                </PageLink>
              </li>
            ))}
          </ul>
          {state.hasMoreJobs && (
            <button
              type="button"
              class="button compact"
              onClick={() => {
                jobs.filter({ text: state.text.trim(), statuses: [], tag: "", node: "", by: "" });
                app.router.go({ page: "jobs" });
              }}
            >
              {texts.allInList}
            </button>
          )}
        </section>
      )}
      {state.hits.length > 0 && <h2 class="results-title">{texts.output}</h2>}
      {byJob(state.hits).map((hits) => <Lines key={hits[0]?.job.id ?? ""} hits={hits} router={app.router} now={now} />)}
      {onMore !== null && state.output === "done" && (
        <p class="job-more">
          <button type="button" class="button" onClick={onMore}>{texts.searchOn}</button>
        </p>
      )}
    </Fragment>
  );
}

function Lines({ hits, router, now }: { hits: readonly OutputHit[]; router: Router; now: number }): VNode | null {
  const job = hits[0]?.job;
  if (job === undefined) return null;
  return (
    <section class="results" aria-label={texts.outputOf(job.name ?? shownCommand(job))}>
      <h3>
        <PageLink router={router} to={{ page: "job", id: job.id }} class="result">
          <StatusIcon status={job.status} />
          {job.name !== null && <strong>{job.name}</strong>}
          <span class="mono result-command">{shownCommand(job)}</span>
          <span class="dim tabular">{age(job.createdAt, now)}</span>
        </PageLink>
      </h3>
      <ol>
        {hits.map((hit) => (
          <li key={`${hit.offset} ${hit.start}`}>
            <PageLink
              router={router}
              to={{ page: "job", id: job.id, place: { kind: "at", offset: hit.offset } }}
              class="hit"
            >
              <span class="hit-line dim tabular">{hit.line}</span>
              <HitText hit={hit} />
            </PageLink>
          </li>
        ))}
      </ol>
      {hits.length === MOST_OF_A_JOB && <p class="dim results-note">{texts.firstLines(hits.length)}</p>}
    </section>
  );
}

/** Hits of a job come together or not, as the search goes; they are shown together. */
function byJob(hits: readonly OutputHit[]): OutputHit[][] {
  const groups = new Map<string, OutputHit[]>();
  for (const hit of hits) groups.set(hit.job.id, [...(groups.get(hit.job.id) ?? []), hit]);
  return [...groups.values()];
}
