import { isFinal, type Job } from "../api/messages.ts";
import type { OpenJob } from "../state/job.ts";
import { h, type VNode } from "../view.ts";
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
  const questions = {
    stop: {
      title: "Stop this job?",
      action: "Stop",
      text: "The command and everything it started are told to end, and killed if they do not.",
      confirm: () => void model.stop(),
    },
    kill: {
      title: "Kill this job now?",
      action: "Kill",
      text: "It has been told to end and takes its time. Killed, it cannot put anything in order first.",
      confirm: () => void model.signal("KILL"),
    },
    restart: {
      title: "Restart this job?",
      action: "Restart",
      text: "It is still running. It is stopped, and its command runs again as a new job.",
      confirm: onRestart,
    },
    remove: {
      title: "Remove this job?",
      action: "Remove",
      text: `${isRunning ? "It is still running: it is stopped first. " : ""}Its output is deleted for good.`,
      confirm: onRemove,
    },
  };
  const { title, action, text, confirm } = questions[question];
  return (
    <ConfirmDialog title={title} action={action} onClose={onClose} onConfirm={confirm}>
      <p>{text}</p>
      <pre class="address">{shownCommand(job)}</pre>
    </ConfirmDialog>
  );
}
