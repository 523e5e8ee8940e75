import { isFinal, type Job, type Limits } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { bytes, clockTime, duration } from "../texts/format.ts";
import { h, type VNode } from "../view.ts";
import { facts, groupLimit } from "../texts/job.ts";
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
        <Fact name={facts.id} isCode>{job.id}</Fact>
        {job.pid !== null && <Fact name={facts.pid}>{job.pid}</Fact>}
        {job.cwd !== null && <Fact name={facts.folder} isCode>{job.cwd}</Fact>}
        {job.completedAt !== null && <Fact name={facts.ended}>{clockTime(job.completedAt, now)}</Fact>}
        {job.stoppedBy && <Fact name={facts.stoppedBy}>{job.stoppedBy}</Fact>}
        {job.timeout !== null && <Fact name={facts.timeLimit}>{duration(job.timeout)}</Fact>}
        <Fact name={facts.output}>{bytes(job.outputBytes)}</Fact>
        {usage !== null && <Fact name={facts.cpu}>{duration(usage.userSeconds + usage.systemSeconds)}</Fact>}
        {usage !== null && usage.maxResidentBytes > 0 && (
          <Fact name={facts.memory}>{bytes(usage.maxResidentBytes)}</Fact>
        )}
        {(usage?.readBytes ?? 0) > 0 && <Fact name={facts.read}>{bytes(usage?.readBytes ?? 0)}</Fact>}
        {(usage?.writtenBytes ?? 0) > 0 && <Fact name={facts.written}>{bytes(usage?.writtenBytes ?? 0)}</Fact>}
        {job.priority ? <Fact name={facts.priority}>{job.priority}</Fact> : null}
        {job.nice ? <Fact name={facts.nice}>{job.nice}</Fact> : null}
        {job.group && <Fact name={facts.group}>{groupLimit(job.group.name, job.group.limit)}</Fact>}
        {job.placement?.label && <Fact name={facts.label}>{job.placement.label}</Fact>}
        {job.retries && <Fact name={facts.retries}>{job.retries.count}</Fact>}
        {limitTexts(job.limits).map(([name, text]) => <Fact key={name} name={name}>{text}</Fact>)}
        {env.length > 0 && <Fact name={facts.environment} isCode>{env.join(" ")}</Fact>}
        {(job.secretEnv ?? []).length > 0 && <Fact name={facts.secrets} isCode>{(job.secretEnv ?? []).join(" ")}</Fact>}
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
    [facts.memoryLimit, amount(limits?.memoryBytes, bytes)],
    [facts.processLimit, amount(limits?.processes, String)],
    [facts.cpuCores, amount(limits?.cpuCores, String)],
    [facts.cpuTimeLimit, amount(limits?.cpuSeconds, duration)],
    [facts.openFilesLimit, amount(limits?.openFiles, String)],
    [facts.fileSizeLimit, amount(limits?.fileBytes, bytes)],
  ];
  return texts.filter((text): text is [string, string] => text[1] !== null);
}

function amount(value: number | null | undefined, write: (value: number) => string): string | null {
  return value === null || value === undefined ? null : write(value);
}
