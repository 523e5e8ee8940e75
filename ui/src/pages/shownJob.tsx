import { isFinal, type Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import type { JobQuestion } from "../components/jobActions.tsx";
import { CopyJobDialog } from "../components/copyJobDialog.tsx";
import { JobHeader } from "../components/jobHeader.tsx";
import { JobQuestions } from "../components/jobQuestions.tsx";
import { Lazy } from "../components/lazy.tsx";
import { LinkDialog } from "../components/linkDialog.tsx";
import { oneLine, summary } from "../texts/format.ts";
import type { OpenJob } from "../state/job.ts";
import type { Place } from "../state/route.ts";
import { scriptOfCommand } from "../state/script.ts";
import { Fragment, h, useEffect, useLayoutEffect, useRef, useState, type VNode } from "../view.ts";
import * as texts from "../texts/job.ts";
import { loadPlayer, loadTerminal } from "./parts.ts";

interface ShownJobProps {
  workspace: Workspace;
  model: OpenJob;
  job: Job;
  place: Place | null;
  onCopy(): void;
}

export function ShownJob({ workspace, model, job, place, onCopy }: ShownJobProps): VNode {
  const { app, announcement } = workspace;
  const [question, ask] = useState<JobQuestion | null>(null);
  const [link, setLink] = useState<URL | null>(null);
  const [isFull, setFull] = useState(false);
  const [isCopying, setCopying] = useState(false);
  const isRunning = !isFinal(job.status);
  const canOperate = app.session.can("operate");
  const isReplay = place?.kind === "replay";

  const restart = async () => {
    const restarted = await model.restart();
    if (restarted !== null) app.router.go({ page: "job", id: restarted.id });
  };
  const remove = async () => {
    if (await model.remove(isRunning)) app.router.go({ page: "jobs" });
  };
  const replay = () =>
    app.router.go({ page: "job", id: job.id, place: isReplay ? null : { kind: "replay", seconds: 0 } });

  const lastStatus = useRef(job.status);
  useEffect(() => {
    if (lastStatus.current !== job.status) {
      announcement.value = summary(job, job.name ?? oneLine(scriptOfCommand(job.command)));
    }
    lastStatus.current = job.status;
  }, [job.status]);

  useLayoutEffect(() =>
    app.shortcuts.bind({
      p: replay,
      ...(canOperate && isRunning ? { s: () => ask("stop") } : {}),
      ...(canOperate ? { r: () => isRunning ? ask("restart") : void restart() } : {}),
    }), [canOperate, isRunning, isReplay]);

  return (
    <Fragment>
      <JobHeader
        workspace={workspace}
        model={model}
        job={job}
        onAsk={ask}
        onRestart={() => void restart()}
        onCopy={onCopy}
        onCopyAs={() => setCopying(true)}
        onReplay={replay}
      />
      {isReplay
        ? (
          <Lazy
            key="replay"
            load={loadPlayer}
            what={texts.replayWord}
            props={{ workspace, job, seconds: place.seconds, onLink: setLink }}
          />
        )
        : (
          <Lazy
            key="output"
            load={loadTerminal}
            what={texts.output}
            props={{
              workspace,
              job,
              place,
              isFull,
              onFull: setFull,
              onLink: setLink,
              onEnd: () => void model.fetch(),
            }}
          />
        )}
      {question !== null && (
        <JobQuestions
          question={question}
          job={job}
          model={model}
          onRestart={() => void restart()}
          onRemove={() => void remove()}
          onClose={() => ask(null)}
        />
      )}
      {link !== null && <LinkDialog target={link} onClose={() => setLink(null)} />}
      {isCopying && <CopyJobDialog job={job} base={app.client.base} onClose={() => setCopying(false)} />}
    </Fragment>
  );
}
