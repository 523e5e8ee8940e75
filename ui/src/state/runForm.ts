import { ApiError } from "../api/client.ts";
import type { Job, NewJob } from "../api/messages.ts";

/** The run dialog as it is typed: text, not yet a job. */
export interface RunForm {
  command: string;
  cwd: string;
  env: string;
  terminal: boolean;
  cols: string;
  rows: string;
  timeout: string;
  name: string;
  tags: string;
}

export type RunField = "command" | "cwd" | "env" | "tty" | "timeout" | "name" | "tags";

/** A sentence beside each field that cannot be sent, or that the server refused; `form` is about none of them. */
export type RunErrors = Partial<Record<RunField | "form", string>>;

export const EMPTY_FORM: RunForm = {
  command: "",
  cwd: "",
  env: "",
  terminal: true,
  cols: "120",
  rows: "40",
  timeout: "",
  name: "",
  tags: "",
};

const FIELDS: readonly RunField[] = ["command", "cwd", "env", "tty", "timeout", "name", "tags"];

/** What to send, or what to correct. Sizes are left to the server: it says the same with the same words. */
export function readForm(form: RunForm): { job: NewJob } | { errors: RunErrors } {
  const errors: RunErrors = {};
  const job: NewJob = { command: form.command };
  if (form.command.trim() === "") errors.command = "Type the command to run.";

  const cwd = form.cwd.trim();
  if (cwd !== "" && !cwd.startsWith("/")) errors.cwd = "The folder must be an absolute path, one that starts with /.";
  else if (cwd !== "") job.cwd = cwd;

  const env = readEnvironment(form.env);
  if (typeof env === "string") errors.env = env;
  else if (Object.keys(env).length > 0) job.env = env;

  const [cols, rows] = [Number(form.cols), Number(form.rows)];
  if (!form.terminal) job.tty = false;
  else if (![cols, rows].every((size) => Number.isInteger(size) && size >= 1 && size <= 1000)) {
    errors.tty = "Columns and rows are whole numbers from 1 to 1000.";
  } else job.tty = { cols, rows };

  const timeout = readDuration(form.timeout);
  if (timeout === null) errors.timeout = "Write a time such as 90, 90s, 10m or 2h.";
  else if (timeout !== undefined) job.timeout = timeout;

  if (form.name.trim() !== "") job.name = form.name.trim();
  const tags = form.tags.split(",").map((tag) => tag.trim()).filter((tag) => tag !== "");
  if (tags.length > 0) job.tags = [...new Set(tags)];
  return Object.keys(errors).length > 0 ? { errors } : { job };
}

/** `NAME=value` lines; empty lines do not count. Returns the sentence to show when a line is something else. */
function readEnvironment(text: string): Record<string, string> | string {
  const env: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const equals = line.indexOf("=");
    if (equals < 1) return `Line ${index + 1} is not NAME=value.`;
    // Only the name is trimmed: spaces may be part of a value.
    env[line.slice(0, equals).trim()] = line.slice(equals + 1);
  }
  return env;
}

/** Seconds; undefined for an empty text, null for one that is no time. */
export function readDuration(text: string): number | null | undefined {
  if (text.trim() === "") return undefined;
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)?\s*$/i.exec(text) ?? [];
  const seconds = Number(amount) * ({ m: 60, h: 3600, d: 86_400 }[unit?.toLowerCase() ?? ""] ?? 1);
  return seconds > 0 ? seconds : null;
}

/** Puts a refusal of the server beside the field it is about. */
export function placeError(error: unknown): RunErrors {
  if (!(error instanceof ApiError)) return { form: "The job could not be started." };
  const named = FIELDS.find((field) => field === error.field) ?? (error.field === "argv" ? "command" : undefined);
  const byCode: Record<string, RunField> = {
    invalid_command: "command",
    command_too_long: "command",
    cwd_not_found: "cwd",
    env_too_large: "env",
  };
  const field = named ?? byCode[error.code] ??
    (error.code === "invalid_field"
      ? FIELDS.find((name) => new RegExp(`\\b${name}\\b`).test(error.message))
      : undefined);
  return { [field ?? "form"]: error.message };
}

/** The form that would run the same again, to be changed first. */
export function formOf(job: Job): RunForm {
  return {
    command: job.command,
    cwd: job.cwd ?? "",
    env: Object.entries(job.env).map(([name, value]) => `${name}=${value}`).join("\n"),
    terminal: job.tty !== false,
    cols: String(job.tty === false ? EMPTY_FORM.cols : job.tty.cols),
    rows: String(job.tty === false ? EMPTY_FORM.rows : job.tty.rows),
    timeout: job.timeout === null ? "" : String(job.timeout),
    name: job.name ?? "",
    tags: job.tags.join(", "),
  };
}
