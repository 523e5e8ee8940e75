import type { Session } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import type { Route } from "../state/route.ts";
import { h, type VNode } from "../view.ts";
import * as texts from "../texts/page.ts";
import { AuditPage } from "./auditPage.tsx";
import { NodesPage } from "./nodesPage.tsx";
import { SearchPage } from "./searchPage.tsx";
import { TokensPage } from "./tokensPage.tsx";
import { UsersPage } from "./usersPage.tsx";

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
      return <SearchPage workspace={workspace} text={route.text} />;
    case "nodes":
      return <NodesPage workspace={workspace} canAdminister={isAdmin} />;
    case "tokens":
      return <TokensPage workspace={workspace} session={session} />;
    case "users":
      return isAdmin ? <UsersPage workspace={workspace} session={session} /> : <Forbidden />;
    case "audit":
      return isAdmin ? <AuditPage workspace={workspace} /> : <Forbidden />;
  }
}

function Forbidden(): VNode {
  return (
    <EmptyState isPage title={texts.forAdmins}>
      <p>{texts.askOneOfThem}</p>
    </EmptyState>
  );
}
