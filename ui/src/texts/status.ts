import type { JobStatus } from "../api/messages.ts";

const WORDS: Record<JobStatus, string> = {
  queued: "Queued",
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  stopped: "Stopped",
  timeout: "Timed out",
  lost: "Lost",
};

/** A status of a server that is newer than this page is shown as it came. */
export const statusWord = (status: JobStatus) => WORDS[status] ?? status;
export const lostContact = "Lost contact";
export const stopping = "Stopping";
export const paused = "Paused";

export const all = "All";
export const active = "Active";
export const problems = "Gone wrong";
export const anyStatus = "Any status";
export const runningAndQueued = "Running and queued";
export const wentWrong = "Failed, timed out, lost";
