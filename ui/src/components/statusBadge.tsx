import type { Job } from "../api/messages.ts";
import { h, type VNode } from "../view.ts";
import * as texts from "../texts/status.ts";
import { StatusIcon } from "./icons.tsx";

/** Icon and word: the colour alone says nothing. */
export function StatusBadge({ job }: { job: Job }): VNode {
  const isUnsure = job.unknown === true;
  return (
    <span class={`status ${isUnsure ? "lost" : job.status}`}>
      <StatusIcon status={job.status} isUnsure={isUnsure} isPaused={isPaused(job)} />
      {stateWord(job)}
    </span>
  );
}

/** Held where it is, and not about to end. */
export function isPaused(job: Job): boolean {
  return job.unknown !== true && job.status === "running" && job.paused === true && job.stopping !== true;
}

/** The status, or what is going on that will change it. */
export function stateWord(job: Job): string {
  if (job.unknown === true) return texts.lostContact;
  if (job.status !== "running") return texts.statusWord(job.status);
  return job.stopping === true ? texts.stopping : isPaused(job) ? texts.paused : texts.statusWord(job.status);
}
