import { type Job, type JobStatus, STATUSES } from "../api/messages.ts";

export interface JobFilter {
  text: string;
  /** Empty means any. */
  statuses: readonly JobStatus[];
}

export const EVERYTHING: JobFilter = { text: "", statuses: [] };

/** The groups a person would ask for. */
export const STATUS_GROUPS: readonly { name: string; label: string; statuses: readonly JobStatus[] }[] = [
  { name: "any", label: "Any status", statuses: [] },
  { name: "active", label: "Running and queued", statuses: ["running", "queued"] },
  { name: "problem", label: "Failed, timed out, lost", statuses: ["failed", "timeout", "lost"] },
  ...STATUSES.map((status) => ({ name: status, label: statusWord(status), statuses: [status] })),
];

/** Whether the server would list the job for this filter: the same rules as `GET /api/jobs`, for jobs that arrive as events. */
export function matches(job: Job, { text, statuses }: JobFilter): boolean {
  if (statuses.length > 0 && !statuses.includes(job.status)) return false;
  if (text === "") return true;
  const wanted = foldASCII(text);
  return [job.command, job.name ?? "", job.id, ...job.tags].some((value) => foldASCII(value).includes(wanted));
}

export function statusWord(status: JobStatus): string {
  return { timeout: "Timed out" }[status as string] ?? status.charAt(0).toUpperCase() + status.slice(1);
}

function foldASCII(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
