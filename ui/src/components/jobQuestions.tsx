import { isFinal, type Job } from "../api/messages.ts";
import type { OpenJob } from "../state/job.ts";
import { h, type VNode } from "../view.ts";
import * as texts from "../texts/job.ts";
import { ConfirmDialog } from "./confirmDialog.tsx";
import type { JobQuestion } from "./jobActions.tsx";
import { shownCommand } from "./shownCommand.ts";

interface JobQuestionsProps {
  question: JobQuestion;
  job: Job;
  model: OpenJob;
  onRestart(): void;
  onRemove(): void;
  onClose(): void;
}

/** What is asked before a job is stopped, restarted or removed. */
export function JobQuestions({ question, job, model, onRestart, onRemove, onClose }: JobQuestionsProps): VNode {
  const isRunning = !isFinal(job.status);
  const confirm = {
    stop: () => void model.stop(),
    kill: () => void model.signal("KILL"),
    restart: onRestart,
    remove: onRemove,
  };
  const { title, action, text } = texts.questions[question];
  return (
    <ConfirmDialog title={title} action={action} onClose={onClose} onConfirm={confirm[question]}>
      <p>{question === "remove" && isRunning ? texts.removeRunning : text}</p>
      <pre class="address">{shownCommand(job)}</pre>
    </ConfirmDialog>
  );
}
