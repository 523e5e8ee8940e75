import { ApiError } from "../api/http.ts";
import type { Limits, NewJob } from "../api/messages.ts";
import { couldNotStart, wrong } from "../texts/run.ts";
import { readBytes, readDuration, readEnvironment, readNumber } from "./amounts.ts";
import { FIELDS, type RunErrors, type RunField, type RunForm } from "./runForm.ts";
import { commandOfScript } from "./script.ts";

/** What to send, or what to correct. Sizes are left to the server: it says the same with the same words. */
export function readForm(form: RunForm): { job: NewJob } | { errors: RunErrors } {
  const errors: RunErrors = {};
  const job: NewJob = { command: commandOfScript(form.command) };
  if (form.command.trim() === "") errors.command = wrong.command;

  const cwd = form.cwd.trim();
  if (cwd !== "" && !cwd.startsWith("/")) errors.cwd = wrong.cwd;
  else if (cwd !== "") job.cwd = cwd;

  const env = readEnvironment(form.env);
  if (typeof env === "string") errors.env = env;
  else if (Object.keys(env).length > 0) job.env = env;

  const secrets = form.secrets.filter(({ name, value }) => name.trim() !== "" || value !== "");
  const valueless = secrets.filter(({ value }) => value === "").map(({ name }) => name.trim());
  if (secrets.some(({ name }) => !/^[^=\s]+$/.test(name.trim()))) errors.secretEnv = wrong.secretName;
  else if (valueless.length > 0) errors.secretEnv = wrong.secretValue(valueless);
  else if (secrets.length > 0) {
    job.secretEnv = Object.fromEntries(secrets.map(({ name, value }) => [name.trim(), value]));
  }

  const [cols, rows] = [Number(form.cols), Number(form.rows)];
  if (!form.terminal) job.tty = false;
  else if (![cols, rows].every((size) => Number.isInteger(size) && size >= 1 && size <= 1000)) {
    errors.tty = wrong.tty;
  } else job.tty = { cols, rows };

  const timeout = readDuration(form.timeout);
  if (timeout === null) errors.timeout = wrong.timeout;
  else if (timeout !== undefined) job.timeout = timeout;

  if (form.name.trim() !== "") job.name = form.name.trim();
  const tags = form.tags.split(",").map((tag) => tag.trim()).filter((tag) => tag !== "");
  if (tags.length > 0) job.tags = [...new Set(tags)];

  if (form.place.startsWith("=")) job.node = form.place.slice(1);
  else if (form.place.startsWith("#")) job.label = form.place.slice(1);

  const priority = readNumber(form.priority, -100, 100);
  if (priority === null) errors.priority = wrong.priority;
  else if (priority !== undefined) job.priority = priority;

  const nice = readNumber(form.nice, 0, 19);
  if (nice === null) errors.nice = wrong.nice;
  else if (nice !== undefined) job.nice = nice;

  const retries = readNumber(form.retries, 0, 100);
  const retryDelay = readDuration(form.retryDelay);
  if (retries === null) errors.retries = wrong.retries;
  else if (retryDelay === null) errors.retries = wrong.retryDelay;
  else if (retries) job.retries = { count: retries, ...(retryDelay === undefined ? {} : { delaySeconds: retryDelay }) };

  const limits = readLimits(form);
  if (typeof limits === "string") errors.limits = limits;
  else if (Object.keys(limits).length > 0) job.limits = limits;
  return Object.keys(errors).length > 0 ? { errors } : { job };
}

function readLimits(form: RunForm): Limits | string {
  const limits: Limits = {};
  const values: [keyof Limits, number | null | undefined, string][] = [
    ["memoryBytes", readBytes(form.memory), wrong.memory],
    ["processes", readNumber(form.processes, 1, 1e6), wrong.processes],
    ["cpuCores", readNumber(form.cpuCores, 0.01, 1e4, false), wrong.cpuCores],
    ["openFiles", readNumber(form.openFiles, 1, 1e7), wrong.openFiles],
    ["fileBytes", readBytes(form.fileSize), wrong.fileSize],
    ["cpuSeconds", readDuration(form.cpuTime), wrong.cpuTime],
  ];
  for (const [name, value, wrong] of values) {
    if (value === null) return wrong;
    if (value !== undefined) limits[name] = value;
  }
  return limits;
}

/** Puts a refusal of the server beside the field it is about. */
export function placeError(error: unknown): RunErrors {
  if (!(error instanceof ApiError)) return { form: couldNotStart };
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
