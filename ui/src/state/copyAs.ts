import type { NewJob } from "../api/messages.ts";
import { quote } from "./script.ts";

/** The command line that starts the same job. */
export function asCommandLine(job: NewJob): string {
  const words = ["srun", "run"];
  const add = (flag: string, value: string | number | undefined) => {
    if (value !== undefined && value !== "") words.push(flag, String(value));
  };
  add("--name", job.name);
  for (const tag of job.tags ?? []) add("--tag", tag);
  add("--cwd", job.cwd);
  add("--timeout", job.timeout);
  for (const [name, value] of Object.entries(job.env ?? {})) add("--env", `${name}=${value}`);
  words.push(job.tty === false ? "--no-tty" : "--tty");
  return [...words, job.command].map(quote).join(" ");
}

/** The request that starts the same job. The token is read from a file: on a command line every user could see it. */
export function asRequest(job: NewJob, server: string): string {
  const body = { ...job };
  if (job.secretEnv !== undefined) {
    // What is copied is kept in histories and sent on; a secret does not belong there.
    body.secretEnv = Object.fromEntries(Object.keys(job.secretEnv).map((name) => [name, "..."]));
  }
  return [
    `curl ${quote(`${server}/api/jobs`)} \\`,
    // deno-lint-ignore srun/texts -- for a shell
    `  -H "Authorization: Bearer $(cat token)" \\`,
    `  --json ${quote(JSON.stringify(body))}`,
  ].join("\n");
}
