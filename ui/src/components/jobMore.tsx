import { isFinal, type Job, type Limits } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { bytes, clockTime, duration } from "../format.ts";
import { h, type VNode } from "../view.ts";
import { Fact } from "./jobFacts.tsx";
import { RunChain } from "./runChain.tsx";
import { UsagePlots } from "./usagePlots.tsx";
import { useObservable } from "./useObservable.ts";

/** All else that is known of a job. */
export function JobMore({ job, workspace }: { job: Job; workspace: Workspace }): VNode {
  const now = useObservable(workspace.app.ticker);
  const env = Object.entries(job.env).map(([name, value]) => `${name}=${value}`);
  const { usage } = job;
  return (
    <div class="job-more-facts">
      <dl class="facts">
        <Fact name="ID" isCode>{job.id}</Fact>
        {job.pid !== null && <Fact name="PID">{job.pid}</Fact>}
        {job.cwd !== null && <Fact name="Folder" isCode>{job.cwd}</Fact>}
        {job.completedAt !== null && <Fact name="Ended">{clockTime(job.completedAt, now)}</Fact>}
        {job.stoppedBy && <Fact name="Stopped by">{job.stoppedBy}</Fact>}
        {job.timeout !== null && <Fact name="Time limit">{duration(job.timeout)}</Fact>}
        <Fact name="Output">{bytes(job.outputBytes)}</Fact>
        {usage !== null && <Fact name="CPU">{duration(usage.userSeconds + usage.systemSeconds)}</Fact>}
        {usage !== null && usage.maxResidentBytes > 0 && <Fact name="Memory">{bytes(usage.maxResidentBytes)}</Fact>}
        {(usage?.readBytes ?? 0) > 0 && <Fact name="Read">{bytes(usage?.readBytes ?? 0)}</Fact>}
        {(usage?.writtenBytes ?? 0) > 0 && <Fact name="Written">{bytes(usage?.writtenBytes ?? 0)}</Fact>}
        {job.priority ? <Fact name="Priority">{job.priority}</Fact> : null}
        {job.nice ? <Fact name="Nice">{job.nice}</Fact> : null}
        {job.group && <Fact name="Group">{job.group.name} (at most {job.group.limit} at once)</Fact>}
        {job.placement?.label && <Fact name="Needs a node labelled">{job.placement.label}</Fact>}
        {job.retries && <Fact name="Retries">{job.retries.count}</Fact>}
        {limitTexts(job.limits).map(([name, text]) => <Fact key={name} name={name}>{text}</Fact>)}
        {env.length > 0 && <Fact name="Environment" isCode>{env.join(" ")}</Fact>}
        {(job.secretEnv ?? []).length > 0 && <Fact name="Secrets" isCode>{(job.secretEnv ?? []).join(" ")}</Fact>}
      </dl>
      <RunChain job={job} workspace={workspace} />
      {job.startedAt !== null && (
        <UsagePlots
          key={job.id}
          job={job}
          app={workspace.app}
          isLive={!isFinal(job.status)}
        />
      )}
    </div>
  );
}

function limitTexts(limits: Limits | null | undefined): [string, string][] {
  const texts: [string, string | null][] = [
    ["Memory limit", amount(limits?.memoryBytes, bytes)],
    ["Process limit", amount(limits?.processes, String)],
    ["CPU cores", amount(limits?.cpuCores, String)],
    ["CPU time limit", amount(limits?.cpuSeconds, duration)],
    ["Open files limit", amount(limits?.openFiles, String)],
    ["File size limit", amount(limits?.fileBytes, bytes)],
  ];
  return texts.filter((text): text is [string, string] => text[1] !== null);
}

function amount(value: number | null | undefined, write: (value: number) => string): string | null {
  return value === null || value === undefined ? null : write(value);
}
