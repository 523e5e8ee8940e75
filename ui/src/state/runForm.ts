import type { Job } from "../api/messages.ts";
import { scriptOfCommand } from "./script.ts";

export interface Secret {
  name: string;
  value: string;
  /** It had a value in the job this form was made of, and nobody can read which. */
  isLost?: boolean;
}

/** The run dialog as it is typed: text, not yet a job. */
export interface RunForm {
  command: string;
  cwd: string;
  env: string;
  secrets: readonly Secret[];
  terminal: boolean;
  cols: string;
  rows: string;
  timeout: string;
  name: string;
  tags: string;
  /** Empty: any node. `=NAME` for a node, or `#LABEL`. */
  place: string;
  priority: string;
  nice: string;
  retries: string;
  retryDelay: string;
  memory: string;
  processes: string;
  cpuCores: string;
  openFiles: string;
  fileSize: string;
  cpuTime: string;
}

export const FIELDS = [
  "command",
  "cwd",
  "env",
  "secretEnv",
  "tty",
  "timeout",
  "name",
  "tags",
  "node",
  "priority",
  "nice",
  "retries",
  "limits",
] as const;
export type RunField = typeof FIELDS[number];

/** A sentence beside each field that cannot be sent, or that the server refused; `form` is about none of them. */
export type RunErrors = Partial<Record<RunField | "form", string>>;

export const EMPTY_FORM: RunForm = {
  command: "",
  cwd: "",
  env: "",
  secrets: [],
  terminal: true,
  cols: "120",
  rows: "40",
  timeout: "",
  name: "",
  tags: "",
  place: "",
  priority: "",
  nice: "",
  retries: "",
  retryDelay: "",
  memory: "",
  processes: "",
  cpuCores: "",
  openFiles: "",
  fileSize: "",
  cpuTime: "",
};

/** The form that would run the same again, to be changed first. The values of secrets are not known any more. */
export function formOf(job: Job): RunForm {
  const text = (value: number | null | undefined) => value === null || value === undefined ? "" : String(value);
  const { placement, limits, retries } = job;
  return {
    ...EMPTY_FORM,
    command: scriptOfCommand(job.command),
    cwd: job.cwd ?? "",
    env: Object.entries(job.env).map(([name, value]) => `${name}=${value}`).join("\n"),
    secrets: (job.secretEnv ?? []).map((name) => ({ name, value: "", isLost: true })),
    terminal: job.tty !== false,
    cols: String(job.tty === false ? EMPTY_FORM.cols : job.tty.cols),
    rows: String(job.tty === false ? EMPTY_FORM.rows : job.tty.rows),
    timeout: text(job.timeout),
    name: job.name ?? "",
    tags: job.tags.join(", "),
    place: placement?.label
      ? `#${placement.label}`
      : !placement?.node || placement.node === "any"
      ? ""
      : `=${placement.node}`,
    priority: job.priority ? String(job.priority) : "",
    nice: job.nice ? String(job.nice) : "",
    retries: text(retries?.count),
    retryDelay: text(retries?.delaySeconds),
    memory: text(limits?.memoryBytes),
    processes: text(limits?.processes),
    cpuCores: text(limits?.cpuCores),
    openFiles: text(limits?.openFiles),
    fileSize: text(limits?.fileBytes),
    cpuTime: text(limits?.cpuSeconds),
  };
}
