import { ApiError } from "../api/http.ts";
import type { Job, Limits, NewJob } from "../api/messages.ts";
import { readBytes, readDuration, readEnvironment, readNumber } from "./amounts.ts";
import { commandOfScript, scriptOfCommand } from "./script.ts";

export { readDuration };

/** The run dialog as it is typed: text, not yet a job. */
export interface RunForm {
  command: string;
  cwd: string;
  env: string;
  secrets: readonly { name: string; value: string }[];
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

/** What to send, or what to correct. Sizes are left to the server: it says the same with the same words. */
export function readForm(form: RunForm): { job: NewJob } | { errors: RunErrors } {
  const errors: RunErrors = {};
  const job: NewJob = { command: commandOfScript(form.command) };
  if (form.command.trim() === "") errors.command = "Type the command to run.";

  const cwd = form.cwd.trim();
  if (cwd !== "" && !cwd.startsWith("/")) errors.cwd = "The folder must be an absolute path, one that starts with /.";
  else if (cwd !== "") job.cwd = cwd;

  const env = readEnvironment(form.env);
  if (typeof env === "string") errors.env = env;
  else if (Object.keys(env).length > 0) job.env = env;

  const secrets = form.secrets.filter(({ name, value }) => name.trim() !== "" || value !== "");
  if (secrets.some(({ name }) => !/^[^=\s]+$/.test(name.trim()))) errors.secretEnv = "Each secret needs a name.";
  else if (secrets.length > 0) {
    job.secretEnv = Object.fromEntries(secrets.map(({ name, value }) => [name.trim(), value]));
  }

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

  if (form.place.startsWith("=")) job.node = form.place.slice(1);
  else if (form.place.startsWith("#")) job.label = form.place.slice(1);

  const priority = readNumber(form.priority, -100, 100);
  if (priority === null) errors.priority = "A whole number from -100 to 100.";
  else if (priority !== undefined) job.priority = priority;

  const nice = readNumber(form.nice, 0, 19);
  if (nice === null) errors.nice = "A whole number from 0 to 19.";
  else if (nice !== undefined) job.nice = nice;

  const retries = readNumber(form.retries, 0, 100);
  const retryDelay = readDuration(form.retryDelay);
  if (retries === null) errors.retries = "A whole number from 0 to 100.";
  else if (retryDelay === null) errors.retries = "The pause is a time such as 5s or 2m.";
  else if (retries) job.retries = { count: retries, ...(retryDelay === undefined ? {} : { delaySeconds: retryDelay }) };

  const limits = readLimits(form);
  if (typeof limits === "string") errors.limits = limits;
  else if (Object.keys(limits).length > 0) job.limits = limits;
  return Object.keys(errors).length > 0 ? { errors } : { job };
}

function readLimits(form: RunForm): Limits | string {
  const limits: Limits = {};
  const values: [keyof Limits, number | null | undefined, string][] = [
    ["memoryBytes", readBytes(form.memory), "Memory is an amount such as 512MB or 2GiB."],
    ["processes", readNumber(form.processes, 1, 1e6), "Processes is a whole number."],
    ["cpuCores", readNumber(form.cpuCores, 0.01, 1e4, false), "CPU cores is a number such as 1 or 0.5."],
    ["openFiles", readNumber(form.openFiles, 1, 1e7), "Open files is a whole number."],
    ["fileBytes", readBytes(form.fileSize), "File size is an amount such as 1GB."],
    ["cpuSeconds", readDuration(form.cpuTime), "CPU time is a time such as 10m."],
  ];
  for (const [name, value, wrong] of values) {
    if (value === null) return wrong;
    if (value !== undefined) limits[name] = value;
  }
  return limits;
}

/** Puts a refusal of the server beside the field it is about. */
export function placeError(error: unknown): RunErrors {
  if (!(error instanceof ApiError)) return { form: "The job could not be started." };
  const [top] = (error.field ?? "").split(".");
  const aliases: Record<string, RunField> = { argv: "command", label: "node", placement: "node" };
  const named = FIELDS.find((field) => field === top) ?? aliases[top ?? ""];
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

/** The form that would run the same again, to be changed first. The values of secrets are not known any more. */
export function formOf(job: Job): RunForm {
  const text = (value: number | null | undefined) => value === null || value === undefined ? "" : String(value);
  const { placement, limits, retries } = job;
  return {
    ...EMPTY_FORM,
    command: scriptOfCommand(job.command),
    cwd: job.cwd ?? "",
    env: Object.entries(job.env).map(([name, value]) => `${name}=${value}`).join("\n"),
    secrets: (job.secretEnv ?? []).map((name) => ({ name, value: "" })),
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
