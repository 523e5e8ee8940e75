import type { App } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import { Loading } from "../components/loading.tsx";
import { useObservable } from "../components/useObservable.ts";
import { h, useEffect, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/page.ts";
import { signIn } from "../texts/signIn.ts";
import { SignInPage } from "./signInPage.tsx";
import { WorkspacePage } from "./workspacePage.tsx";

/** What the page is depends on who is there. */
export function RootPage({ app }: { app: App }): VNode {
  const state = useObservable(app.session.state);
  useEffect(() => {
    if (state.kind === "signedOut") document.title = texts.title(signIn);
  }, [state.kind]);
  switch (state.kind) {
    case "starting":
      return (
        <main class="whole-page">
          <Loading what={common.brand} />
        </main>
      );
    case "signedOut":
      return <SignInPage app={app} reason={state.reason} isTrying={state.isTrying} />;
    case "unreachable":
      return (
        <main class="whole-page">
          <EmptyState isPage title={texts.noAnswer}>
            <p>{state.message}</p>
            <button type="button" class="button" onClick={() => void app.session.start(null)}>{common.tryAgain}</button>
          </EmptyState>
        </main>
      );
    case "signedIn":
      return <WorkspacePage app={app} session={state.session} />;
  }
}
