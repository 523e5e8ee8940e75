import type { Job } from "../api/messages.ts";
import { readForm } from "../state/readForm.ts";
import { formOf } from "../state/runForm.ts";
import { h, type VNode } from "../view.ts";
import { CopyAsDialog } from "./copyAsDialog.tsx";

/** What would run the same as a job that is there. */
export function CopyJobDialog({ job, base, onClose }: { job: Job; base: string; onClose(): void }): VNode | null {
  const form = formOf(job);
  // Nobody knows the values any more, and what is copied would leave them out in any case.
  const read = readForm({ ...form, secrets: form.secrets.map((secret) => ({ ...secret, value: "..." })) });
  return "job" in read ? <CopyAsDialog job={read.job} base={base} onClose={onClose} /> : null;
}
