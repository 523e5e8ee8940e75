import type { Session } from "../api/messages.ts";
import { type App, Workspace } from "../app.ts";
import { AboutDialog } from "../components/aboutDialog.tsx";
import { ConnectionBanner } from "../components/connectionBanner.tsx";
import { KeysDialog } from "../components/keysDialog.tsx";
import { RunDialog } from "../components/runDialog.tsx";
import { TopBar } from "../components/topBar.tsx";
import { UpgradeBanner } from "../components/upgradeBanner.tsx";
import { useObservable } from "../components/useObservable.ts";
import { formOf } from "../state/runForm.ts";
import { h, useEffect, useLayoutEffect, useMemo, useRef, useState, type VNode } from "../view.ts";
import { JobsPage } from "./jobsPage.tsx";
import { useListKeys } from "./listKeys.ts";
import { OtherPage } from "./otherPage.tsx";
import { usePageTitle } from "./pageTitle.ts";
import { loadTerminal } from "./parts.ts";
import { PasswordDialog } from "./passwordDialog.tsx";

type OpenDialog = "run" | "keys" | "about" | "password" | null;

/** Everything that somebody who is signed in sees. */
export function WorkspacePage({ app, session }: { app: App; session: Session }): VNode {
  const workspace = useMemo(() => new Workspace(app), []);
  useEffect(() => () => workspace.dispose(), []);
  const route = useObservable(app.router.route);
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const filter = useRef<HTMLInputElement>(null);
  const openID = route.page === "job" ? route.id : null;
  const canRun = session.rights.includes("operate");
  const run = () => setDialog("run");
  const close = () => setDialog(null);

  useListKeys(workspace, filter, openID);
  usePageTitle(workspace, route);
  useWakeUp(workspace);
  usePreloading();
  useLayoutEffect(() =>
    app.shortcuts.bind({
      ...(canRun ? { n: run } : {}),
      a: () => app.router.go({ page: "search", text: "" }),
      "?": () => setDialog("keys"),
    }), [canRun]);

  return (
    <div class="workspace" data-page={route.page}>
      <TopBar
        workspace={workspace}
        session={session}
        canRun={canRun}
        onRun={run}
        onKeys={() => setDialog("keys")}
        onAbout={() => setDialog("about")}
        onPassword={() => setDialog("password")}
      />
      <ConnectionBanner connection={workspace.connection} ticker={app.ticker} timing={app.timing} />
      <UpgradeBanner workspace={workspace} isBusy={dialog !== null} />
      <main class="panes">
        {route.page === "jobs" || route.page === "job"
          ? (
            <JobsPage
              workspace={workspace}
              session={session}
              route={route}
              filter={filter}
              onRun={run}
              onCopy={(job) => {
                workspace.draft.value = formOf(job);
                run();
              }}
            />
          )
          : <OtherPage workspace={workspace} session={session} route={route} />}
      </main>
      {dialog === "run" && (
        <RunDialog
          app={app}
          workspace={workspace}
          onClose={close}
          onStarted={(job) => {
            close();
            app.router.go({ page: "job", id: job.id });
          }}
        />
      )}
      {dialog === "password" && <PasswordDialog client={app.client} name={session.user} isOwn onClose={close} />}
      {dialog === "keys" && <KeysDialog preferences={app.preferences} onClose={close} />}
      {dialog === "about" && <AboutDialog client={app.client} node={session.node} onClose={close} />}
      <Announcement workspace={workspace} />
    </div>
  );
}

function Announcement({ workspace }: { workspace: Workspace }): VNode {
  return <div class="visually-hidden" role="status">{useObservable(workspace.announcement)}</div>;
}

/** What is most likely needed next is fetched while nobody waits for it. */
function usePreloading(): void {
  useEffect(() => {
    const timer = setTimeout(() => void loadTerminal().catch(() => {}), 300);
    return () => clearTimeout(timer);
  }, []);
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
