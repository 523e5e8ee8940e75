import type { Job } from "../api/messages.ts";
import { oneLine } from "../texts/format.ts";
import { scriptOfCommand } from "../state/script.ts";

/** The command as a person wrote it, on one line. */
export function shownCommand(job: Pick<Job, "command">): string {
  return oneLine(scriptOfCommand(job.command));
}
