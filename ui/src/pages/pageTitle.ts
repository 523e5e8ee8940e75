import { useObservable } from "../components/useObservable.ts";
import type { Workspace } from "../app.ts";
import { oneLine } from "../texts/format.ts";
import type { Route } from "../state/route.ts";
import { scriptOfCommand } from "../state/script.ts";
import * as texts from "../texts/page.ts";
import { statusWord } from "../texts/status.ts";
import { useEffect } from "../view.ts";

const LONGEST_COMMAND = 60;

/** The state of what is shown, for somebody who looks at another tab. An open job sets its own title. */
export function usePageTitle(workspace: Workspace, route: Route): void {
  const openID = route.page === "job" ? route.id : null;
  const { jobs } = useObservable(workspace.jobs.list);
  const { kind } = useObservable(workspace.connection.state);
  const open = openID === null ? null : jobs.find(({ id }) => id === openID) ?? workspace.jobs.find(openID);
  const isOffline = kind === "waiting" || kind === "retrying";
  const running = jobs.filter(({ status }) => status === "running").length;
  const what = open !== null
    ? texts.statusAndJob(statusWord(open.status), shortened(open.name ?? oneLine(scriptOfCommand(open.command))))
    : route.page !== "jobs" && route.page !== "job"
    ? texts.pages[route.page]
    : openID === null && running > 0
    ? texts.runningCount(running)
    : "";
  useEffect(() => {
    document.title = texts.title(isOffline ? texts.offline : "", what);
  }, [isOffline, what]);
}

function shortened(text: string): string {
  return text.length <= LONGEST_COMMAND ? text : `${text.slice(0, LONGEST_COMMAND - 1)}…`;
}
