import type { JobStatus } from "../api/messages.ts";
import { statusWord } from "../state/jobFilter.ts";
import { h, type VNode } from "../view.ts";
import { StatusIcon } from "./icons.tsx";

/** Icon and word: the colour alone says nothing. */
export function StatusBadge({ status }: { status: JobStatus }): VNode {
  return (
    <span class={`status ${status}`}>
      <StatusIcon status={status} />
      {statusWord(status)}
    </span>
  );
}
