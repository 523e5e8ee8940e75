import { AccessClient, type AuditEntry } from "../api/accessClient.ts";
import type { Workspace } from "../app.ts";
import { PageLink } from "../components/pageLink.tsx";
import { Cell, TablePage } from "../components/tablePage.tsx";
import { useObservable } from "../components/useObservable.ts";
import { columns } from "../texts/access.ts";
import * as texts from "../texts/access.ts";
import * as common from "../texts/common.ts";
import { clockTime, shortID } from "../texts/format.ts";
import { Resource } from "../state/resource.ts";
import { h, useEffect, useMemo, useRef, type VNode } from "../view.ts";

/** Who did what, newest first. */
export function AuditPage({ workspace }: { workspace: Workspace }): VNode {
  const { app } = workspace;
  const filter = useRef<{ user: string; action: string }>({ user: "", action: "" });
  const cursor = useMemo<{ current: string | null }>(() => ({ current: null }), []);
  const audit = useMemo(() => {
    const client = new AccessClient(app.client.http);
    return new Resource(async (): Promise<readonly AuditEntry[]> => {
      const before = cursor.current === null ? [] : audit.state.value.value ?? [];
      const page = await client.audit(filter.current, cursor.current);
      cursor.current = page.cursor;
      return [...before, ...page.entries];
    });
  }, []);
  useEffect(() => () => audit.dispose(), []);
  const state = useObservable(audit.state);
  const now = useObservable(app.ticker);
  const look = (change: Partial<{ user: string; action: string }>) => {
    filter.current = { ...filter.current, ...change };
    cursor.current = null;
    void audit.fetch();
  };
  const row = (entry: AuditEntry) => (
    <tr key={entry.id}>
      <Cell name={columns.time}>
        <time class="tabular" datetime={entry.time}>{clockTime(entry.time, now)}</time>
      </Cell>
      <Cell name={columns.person}>{entry.user ?? texts.nobodyWord}</Cell>
      <Cell name={columns.did} isCode>{entry.action}</Cell>
      <Cell name={columns.result}>{entry.result}</Cell>
      <Cell name={columns.job} isCode>
        {entry.job !== null && (
          <PageLink router={app.router} to={{ page: "job", id: entry.job }}>{shortID(entry.job)}</PageLink>
        )}
      </Cell>
      <Cell name={columns.detail} isLong>{entry.detail ?? ""}</Cell>
      <Cell name={columns.from} isCode>{entry.address ?? ""}</Cell>
    </tr>
  );
  const field = (name: "user" | "action", label: string) => (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      autocomplete="off"
      spellcheck={false}
      onChange={(event) => look({ [name]: event.currentTarget.value.trim() })}
    />
  );
  return (
    <TablePage
      title={texts.audit}
      tools={
        <span class="page-filters" role="search" aria-label={texts.audit}>
          {field("user", columns.person)}
          {field("action", texts.action)}
        </span>
      }
      state={state}
      columns={[columns.time, columns.person, columns.did, columns.result, columns.job, columns.detail, columns.from]}
      row={row}
      isDense
      none={texts.noEntries}
    >
      {cursor.current !== null && (
        <p class="job-more">
          <button type="button" class="button" disabled={state.isBusy} onClick={() => void audit.fetch()}>
            {state.isBusy ? common.loading() : common.loadMore}
          </button>
        </p>
      )}
    </TablePage>
  );
}
