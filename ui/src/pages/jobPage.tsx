import { isFinal, type Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { ConfirmDialog } from "../components/confirmDialog.tsx";
import { EmptyState } from "../components/emptyState.tsx";
import type { JobQuestion } from "../components/jobActions.tsx";
import { JobHeader } from "../components/jobHeader.tsx";
import { LinkDialog } from "../components/linkDialog.tsx";
import { Loading } from "../components/loading.tsx";
import { PageLink } from "../components/pageLink.tsx";
import { TerminalView } from "../components/terminalView.tsx";
import { useObservable } from "../components/useObservable.ts";
import { oneLine, summary } from "../format.ts";
import { OpenJob } from "../state/job.ts";
import type { TerminalScreen } from "../terminal/screen.ts";
import { Fragment, h, useEffect, useMemo, useRef, useState, type VNode } from "../view.ts";

interface JobPageProps {
  workspace: Workspace;
  id: string;
  /** Opens the run dialog with what this job ran. */
  onCopy(job: Job): void;
}

export function JobPage({ workspace, id, onCopy }: JobPageProps): VNode {
  const { app, events, jobs } = workspace;
  const model = useMemo(() => new OpenJob(id, jobs.find(id), app.client, events), []);
  useEffect(() => () => model.dispose(), []);
  const state = useObservable(model.state);
  const toList = <PageLink router={app.router} to={{ page: "jobs" }} class="button">All jobs</PageLink>;
  switch (state.kind) {
    case "loading":
      return (
        <Fragment>
          <h1 class="visually-hidden">Job</h1>
          <Loading what="job" />
        </Fragment>
      );
    case "missing":
      return state.wasShown
        ? <EmptyState isPage title="This job has been removed.">{toList}</EmptyState>
        : (
          <EmptyState isPage title="There is no such job.">
            <p>It may have been removed.</p>
            {toList}
          </EmptyState>
        );
    case "failed":
      return (
        <EmptyState isPage title="The job could not be loaded.">
          <p>{state.message}</p>
          <button type="button" class="button" onClick={() => void model.fetch()}>Try again</button>
        </EmptyState>
      );
    case "ready":
      return <ShownJob workspace={workspace} model={model} job={state.job} onCopy={() => onCopy(state.job)} />;
  }
}

interface ShownJobProps {
  workspace: Workspace;
  model: OpenJob;
  job: Job;
  onCopy(): void;
}

function ShownJob({ workspace, model, job, onCopy }: ShownJobProps): VNode {
  const { app, announcement } = workspace;
  const [question, ask] = useState<JobQuestion | null>(null);
  const [link, setLink] = useState<URL | null>(null);
  const [isFull, setFull] = useState(false);
  const screen = useRef<TerminalScreen>(null);
  const title = job.name ?? oneLine(job.command);
  const isRunning = !isFinal(job.status);
  const canOperate = app.session.can("operate");

  const restart = async () => {
    const restarted = await model.restart();
    if (restarted !== null) app.router.go({ page: "job", id: restarted.id });
  };
  const remove = async () => {
    if (await model.remove(isRunning)) app.router.go({ page: "jobs" });
  };

  const lastStatus = useRef(job.status);
  useEffect(() => {
    if (lastStatus.current !== job.status) announcement.value = summary(job, title);
    lastStatus.current = job.status;
  }, [job.status]);

  useEffect(() =>
    app.shortcuts.bind({
      g: () => screen.current?.toTop(),
      G: () => screen.current?.toBottom(),
      f: () => setFull(!isFull),
      ".": () => screen.current?.setFollowing(!screen.current.follow.isFollowing),
      ...(canOperate && isRunning ? { s: () => ask("stop") } : {}),
      ...(canOperate ? { r: () => isRunning ? ask("restart") : void restart() } : {}),
      ...(isFull ? { Escape: () => setFull(false) } : {}),
    }), [canOperate, isRunning, isFull]);

  return (
    <Fragment>
      <JobHeader
        workspace={workspace}
        model={model}
        job={job}
        onAsk={ask}
        onRestart={() => void restart()}
        onCopy={onCopy}
      />
      <TerminalView
        workspace={workspace}
        job={job}
        screen={screen}
        isFull={isFull}
        onFull={setFull}
        onLink={setLink}
        onEnd={() => void model.fetch()}
      />
      {question === "stop" && (
        <ConfirmDialog
          title="Stop this job?"
          action="Stop"
          onClose={() => ask(null)}
          onConfirm={() => void model.stop()}
        >
          <p>The command and everything it started are told to end, and killed if they do not.</p>
          <CommandLine job={job} />
        </ConfirmDialog>
      )}
      {question === "restart" && (
        <ConfirmDialog
          title="Restart this job?"
          action="Restart"
          onClose={() => ask(null)}
          onConfirm={() => void restart()}
        >
          <p>It is still running. It is stopped, and its command runs again as a new job.</p>
          <CommandLine job={job} />
        </ConfirmDialog>
      )}
      {question === "remove" && (
        <ConfirmDialog
          title="Remove this job?"
          action="Remove"
          onClose={() => ask(null)}
          onConfirm={() => void remove()}
        >
          <p>{isRunning ? "It is still running: it is stopped first. " : ""}Its output is deleted for good.</p>
          <CommandLine job={job} />
        </ConfirmDialog>
      )}
      {link !== null && <LinkDialog target={link} onClose={() => setLink(null)} />}
    </Fragment>
  );
}

function CommandLine({ job }: { job: Job }): VNode {
  return <pre class="address">{oneLine(job.command)}</pre>;
}
