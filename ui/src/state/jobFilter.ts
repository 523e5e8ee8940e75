import { type Job, type JobFilter, type JobStatus, STATUSES } from "../api/messages.ts";
import { filters } from "../texts/list.ts";
import * as words from "../texts/status.ts";

export type { JobFilter };

export const EVERYTHING: JobFilter = { text: "", statuses: [], tag: "", node: "", by: "" };

/** The groups a person would ask for. */
export const STATUS_GROUPS: readonly {
  name: string;
  label: string;
  short?: string;
  statuses: readonly JobStatus[];
}[] = [
  { name: "any", label: words.anyStatus, short: words.all, statuses: [] },
  { name: "active", label: words.runningAndQueued, short: words.active, statuses: ["running", "queued"] },
  { name: "problem", label: words.wentWrong, short: words.problems, statuses: ["failed", "timeout", "lost"] },
  ...STATUSES.map((status) => ({ name: status, label: words.statusWord(status), statuses: [status] })),
];

/** What is filtered by besides text and status, in the words of the page. */
export const NAMED_FILTERS = [
  { key: "tag", label: filters.tag },
  { key: "node", label: filters.node },
  { key: "by", label: filters.by },
] as const;

/** Whether the server would list the job for this filter: the same rules as `GET /api/jobs`, for jobs that arrive as events. */
export function matches(job: Job, { text, statuses, tag, node, by }: JobFilter): boolean {
  if (statuses.length > 0 && !statuses.includes(job.status)) return false;
  if (tag !== "" && !job.tags.includes(tag)) return false;
  if (node !== "" && job.node !== node) return false;
  if (by !== "" && (job.createdBy ?? "") !== by) return false;
  if (text === "") return true;
  const wanted = foldASCII(text);
  return [job.command, job.name ?? "", job.id, ...job.tags].some((value) => foldASCII(value).includes(wanted));
}

export function isEverything(filter: JobFilter): boolean {
  return filterQuery(filter) === "";
}

/** The filter as it stands in the page's address, without the question mark. */
export function filterQuery({ text, statuses, tag, node, by }: JobFilter): string {
  const query = new URLSearchParams();
  const group = STATUS_GROUPS.find((group) => group.statuses.join() === statuses.join());
  if (statuses.length > 0) query.set("status", group?.name ?? statuses.join(","));
  for (const [name, value] of Object.entries({ q: text.trim(), tag, node, by })) {
    if (value !== "") query.set(name, value);
  }
  return query.toString();
}

/** What is not known in it is left out: an address is typed, shortened and sent on by people. */
export function parseFilter(query: string): JobFilter {
  const values = new URLSearchParams(query);
  const status = values.get("status") ?? "";
  const group = STATUS_GROUPS.find(({ name }) => name === status);
  return {
    text: values.get("q") ?? "",
    statuses: group?.statuses ?? STATUSES.filter((known) => status.split(",").includes(known)),
    tag: values.get("tag") ?? "",
    node: values.get("node") ?? "",
    by: values.get("by") ?? "",
  };
}

/** Takes `tag:nightly`, `node:build-1` and `by:ann` out of what was typed. */
export function typedFilter(text: string): Partial<JobFilter> {
  const change: Partial<Record<"text" | "tag" | "node" | "by", string>> = {};
  change.text = text.replace(
    /(^|\s)(tag|node|by):(\S+)\s/g,
    (_, before: string, name: "tag" | "node" | "by", value: string) => {
      change[name] = value;
      return before;
    },
  );
  return change;
}

function foldASCII(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
