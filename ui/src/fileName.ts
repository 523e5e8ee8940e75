import type { Job } from "./api/messages.ts";

/** A name the browser may use for a file on any system. */
export function downloadName(job: Job, ending = ".log"): string {
  const name = (job.name ?? job.id).replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+|-+$/g, "");
  return `${name === "" ? job.id : name}${ending}`;
}
