import type { App } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import { Loading } from "../components/loading.tsx";
import { useObservable } from "../components/useObservable.ts";
import { h, useEffect, type VNode } from "../view.ts";
import { SignInPage } from "./signInPage.tsx";
import { WorkspacePage } from "./workspacePage.tsx";

/** What the page is depends on who is there. */
export function RootPage({ app }: { app: App }): VNode {
  const state = useObservable(app.session.state);
  useEffect(() => {
    if (state.kind === "signedOut") document.title = "Sign in · srun";
  }, [state.kind]);
  switch (state.kind) {
    case "starting":
      return (
        <main class="whole-page">
          <Loading what="srun" />
        </main>
      );
    case "signedOut":
      return <SignInPage app={app} reason={state.reason} isTrying={state.isTrying} />;
    case "unreachable":
      return (
        <main class="whole-page">
          <EmptyState isPage title="srun does not answer.">
            <p>{state.message}</p>
            <button type="button" class="button" onClick={() => void app.session.start(null)}>Try again</button>
          </EmptyState>
        </main>
      );
    case "signedIn":
      return <WorkspacePage app={app} session={state.session} />;
  }
}
