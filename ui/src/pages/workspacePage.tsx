import type { Session } from "../api/messages.ts";
import { type App, Workspace } from "../app.ts";
import { AboutDialog } from "../components/aboutDialog.tsx";
import { ConnectionBanner } from "../components/connectionBanner.tsx";
import { EmptyState } from "../components/emptyState.tsx";
import { JobFilterBar } from "../components/jobFilterBar.tsx";
import { JobList } from "../components/jobList.tsx";
import { KeysDialog } from "../components/keysDialog.tsx";
import { RunDialog } from "../components/runDialog.tsx";
import { TopBar } from "../components/topBar.tsx";
import { useObservable } from "../components/useObservable.ts";
import { formOf } from "../state/runForm.ts";
import { h, useEffect, useMemo, useRef, useState, type VNode } from "../view.ts";
import { JobPage } from "./jobPage.tsx";
import { useListKeys } from "./listKeys.ts";
import { usePageTitle } from "./pageTitle.ts";

type OpenDialog = "run" | "keys" | "about" | null;

/** The list and, beside it or instead of it, one job. */
export function WorkspacePage({ app, session }: { app: App; session: Session }): VNode {
  const workspace = useMemo(() => new Workspace(app), []);
  useEffect(() => () => workspace.dispose(), []);
  const route = useObservable(app.router.route);
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const list = useRef<HTMLUListElement>(null);
  const filter = useRef<HTMLInputElement>(null);
  const openID = route.page === "job" ? route.id : null;
  const canRun = session.rights.includes("operate");
  const run = () => setDialog("run");

  useListKeys(app, list, filter, openID);
  usePageTitle(workspace, openID);
  useWakeUp(workspace);
  useEffect(() => app.shortcuts.bind({ ...(canRun ? { n: run } : {}), "?": () => setDialog("keys") }), [canRun]);

  return (
    <div class="workspace" data-page={route.page}>
      <TopBar
        app={app}
        session={session}
        canRun={canRun}
        onRun={run}
        onKeys={() => setDialog("keys")}
        onAbout={() => setDialog("about")}
      />
      <ConnectionBanner connection={workspace.connection} ticker={app.ticker} timing={app.timing} />
      <main class="panes">
        <nav class="list-pane" aria-label="Jobs">
          {openID === null && <h1 class="visually-hidden">Jobs</h1>}
          <JobFilterBar jobs={workspace.jobs} field={filter} />
          <JobList workspace={workspace} openID={openID} node={session.node} canRun={canRun} list={list} onRun={run} />
        </nav>
        <section class="job-pane" aria-label="Job">
          {openID === null ? <NothingOpen workspace={workspace} /> : (
            <JobPage
              key={openID}
              workspace={workspace}
              id={openID}
              onCopy={(job) => {
                workspace.draft.value = formOf(job);
                run();
              }}
            />
          )}
        </section>
      </main>
      {dialog === "run" && (
        <RunDialog
          client={app.client}
          draft={workspace.draft}
          onClose={() => setDialog(null)}
          onStarted={(job) => {
            setDialog(null);
            app.router.go({ page: "job", id: job.id });
          }}
        />
      )}
      {dialog === "keys" && <KeysDialog preferences={app.preferences} onClose={() => setDialog(null)} />}
      {dialog === "about" && <AboutDialog client={app.client} node={session.node} onClose={() => setDialog(null)} />}
      <Announcement workspace={workspace} />
    </div>
  );
}

function NothingOpen({ workspace }: { workspace: Workspace }): VNode | null {
  const { phase, jobs } = useObservable(workspace.jobs.list);
  if (phase !== "ready") return null;
  if (jobs.length === 0) return <EmptyState title="The output of a job is shown here." />;
  return (
    <EmptyState title="No job is open.">
      <p>Choose one from the list.</p>
    </EmptyState>
  );
}

function Announcement({ workspace }: { workspace: Workspace }): VNode {
  return <div class="visually-hidden" role="status">{useObservable(workspace.announcement)}</div>;
}

/** A machine that wakes up, or a network that comes back, need not wait for the countdown. */
function useWakeUp({ connection }: Workspace): void {
  useEffect(() => {
    const listening = new AbortController();
    const retry = () => {
      if (!document.hidden) connection.retryNow();
    };
    addEventListener("online", retry, { signal: listening.signal });
    document.addEventListener("visibilitychange", retry, { signal: listening.signal });
    return () => listening.abort();
  }, []);
}
