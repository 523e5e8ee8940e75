import type { Session } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import { Lazy } from "../components/lazy.tsx";
import type { Route } from "../state/route.ts";
import { h, type VNode } from "../view.ts";
import * as texts from "../texts/page.ts";
import { loadAudit, loadNodes, loadSearch, loadTokens, loadUsers } from "./parts.ts";

interface OtherPageProps {
  workspace: Workspace;
  session: Session;
  route: Exclude<Route, { page: "jobs" | "job" }>;
}

/** What is not the list and a job. */
export function OtherPage({ workspace, session, route }: OtherPageProps): VNode {
  const isAdmin = session.rights.includes("administer");
  switch (route.page) {
    case "search":
      return (
        <Lazy key="search" load={loadSearch} what={texts.pageWord("search")} props={{ workspace, text: route.text }} />
      );
    case "nodes":
      return (
        <Lazy
          key="nodes"
          load={loadNodes}
          what={texts.pageWord("nodes")}
          props={{ workspace, canAdminister: isAdmin }}
        />
      );
    case "tokens":
      return <Lazy key="tokens" load={loadTokens} what={texts.pageWord("tokens")} props={{ workspace, session }} />;
    case "users":
      return isAdmin
        ? <Lazy key="users" load={loadUsers} what={texts.pageWord("users")} props={{ workspace, session }} />
        : <Forbidden />;
    case "audit":
      return isAdmin
        ? <Lazy key="audit" load={loadAudit} what={texts.pageWord("audit")} props={{ workspace }} />
        : <Forbidden />;
  }
}

function Forbidden(): VNode {
  return (
    <EmptyState isPage title={texts.forAdmins}>
      <p>{texts.askOneOfThem}</p>
    </EmptyState>
  );
}
