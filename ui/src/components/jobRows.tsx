import type { Workspace } from "../app.ts";
import { filterQuery } from "../state/jobFilter.ts";
import { listWindow, scrollToRow } from "../state/listWindow.ts";
import { h, useEffect, useLayoutEffect, useRef, useState, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/list.ts";
import { JobRow } from "./jobRow.tsx";
import { useObservable } from "./useObservable.ts";

/** As in the style sheet; every row is as high, so that a place in the list is a multiplication. */
const ROW = 56;
/** With so much room a row is one line, with columns. */
const TABLE_FROM = 720;
const TABLE_ROW = 44;
/** So many rows before the end the next page is fetched. */
const FETCH_BEFORE = 40;

/** The rows near what is seen, of a list that may be very long. */
export function JobRows(
  { workspace, openID, node }: { workspace: Workspace; openID: string | null; node: string },
): VNode {
  const { jobs: model, cursor, selection, app } = workspace;
  const { jobs, filter, hasMore, isCut, loadingMore, error } = useObservable(model.list);
  const query = filterQuery(filter);
  const shownQuery = useRef(query);
  // A place that was kept is where the reader wants to be.
  const shownJob = useRef(workspace.listTop > 0 ? openID : null);
  const { isOn, ids } = useObservable(selection.state);
  const focused = useObservable(cursor.id);
  const moves = useObservable(cursor.moves);
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800, width: 0 });
  const row = view.width < TABLE_FROM ? ROW : TABLE_ROW;
  const { first, end } = listWindow(view.top, view.height, row, jobs.length);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = workspace.listTop;
    const observer = new ResizeObserver(() => setView(viewOf(element)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // Another question has another answer, and that is read from its start.
  useLayoutEffect(() => {
    if (scroller.current !== null && shownQuery.current !== query) scroller.current.scrollTop = workspace.listTop = 0;
    shownQuery.current = query;
  }, [query]);
  // Whoever comes by a link finds the job in the list, once the list has it; from then on the list stays where it is put.
  const openAt = openID === null || shownJob.current === openID ? -1 : jobs.findIndex(({ id }) => id === openID);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || openAt < 0) return;
    shownJob.current = openID;
    element.scrollTop = workspace.listTop = scrollToRow(openAt, element.scrollTop, element.clientHeight, row);
    setView(viewOf(element));
  }, [openID, openAt < 0]);
  useEffect(() => {
    if (hasMore && end > jobs.length - FETCH_BEFORE) void model.loadMore();
  }, [hasMore, end, jobs.length, loadingMore]);
  // At once, so that keys pressed in a row each find what the one before has done.
  useLayoutEffect(() => {
    const element = scroller.current;
    const index = jobs.findIndex(({ id }) => id === focused);
    if (moves === 0 || element === null || index < 0) return;
    element.scrollTop = scrollToRow(index, element.scrollTop, element.clientHeight, row);
    setView(viewOf(element));
    element.querySelector<HTMLElement>(`[data-job="${focused}"] a`)?.focus();
  }, [moves]);

  const drawn = jobs.slice(first, end).map((job, index) => ({ job, index: first + index }));
  // The row with the keyboard stays: taken away, it would take the focus with it.
  const kept = jobs.findIndex(({ id }) => id === focused);
  const keptJob = jobs[kept];
  if (keptJob !== undefined && kept < first) drawn.unshift({ job: keptJob, index: kept });
  else if (keptJob !== undefined && kept >= end) drawn.push({ job: keptJob, index: kept });

  return (
    <div
      class="job-scroll"
      ref={scroller}
      onScroll={({ currentTarget }) => {
        workspace.listTop = currentTarget.scrollTop;
        const next = listWindow(currentTarget.scrollTop, currentTarget.clientHeight, row, jobs.length);
        if (next.first !== first || next.end !== end) setView(viewOf(currentTarget));
      }}
    >
      {error !== null && <p class="notice warn" role="status">{error}</p>}
      <ul
        class={row === ROW ? "job-list" : "job-list table-list"}
        aria-label={texts.newestFirst}
        style={`height:${jobs.length * row}px`}
      >
        {drawn.map(({ job, index }) => (
          <JobRow
            key={job.id}
            job={job}
            top={index * row}
            place={{ index, count: hasMore ? -1 : jobs.length }}
            app={app}
            isOpen={job.id === openID}
            isChosen={isOn ? ids.has(job.id) : null}
            node={node}
            onFocus={() => cursor.id.value = job.id}
            onChoose={(isRange) => isRange ? selection.extend(job.id, jobs) : selection.toggle(job.id)}
          />
        ))}
      </ul>
      {hasMore && (
        <p class="job-more">
          <button type="button" class="button" disabled={loadingMore} onClick={() => void model.loadMore()}>
            {loadingMore ? common.loading() : common.loadMore}
          </button>
        </p>
      )}
      {isCut && <p class="job-more dim">{texts.isCut(jobs.length)}</p>}
    </div>
  );
}

function viewOf({ scrollTop, clientHeight, clientWidth }: HTMLElement): { top: number; height: number; width: number } {
  return { top: scrollTop, height: clientHeight, width: clientWidth };
}
