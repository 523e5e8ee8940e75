import type { Draw } from "./common.ts";
import { count } from "./format.ts";

export const jobs = "Jobs";
export const job = "Job";
export const newestFirst = "Jobs, newest first";
export const loadingWord = "jobs";
export const couldNotLoad = "The list could not be loaded.";
export const couldNotRead = "The list of jobs could not be read.";
export const noMatch = "No job matches.";
export const showAll = "Show all jobs";
export const none = "No jobs yet.";
export const pressToRun = <T>(key: Draw<T>): (string | T)[] => ["Press ", key("n"), " to run a command."];
export const runACommand = "Run a command";
export const isCut = (amount: number) =>
  `These are the newest ${count(amount, "job", "jobs")}. The filter finds older ones.`;

export const outputIsShownHere = "The output of a job is shown here.";
export const firstCommand = "A first command, to see it live:";
export const firstCommandLine = `for i in 1 2 3; do printf "\\033[3\${i}mline $i\\033[0m\\n"; sleep 1; done`;
export const takeThisOne = "Take this one";

// Filtering.
export const filter = "Filter";
export const filterBy = "Filter by command, name, tag or id";
export const moreFilters = "More filters";
export const status = "Status";
export const filters = { tag: "Tag", node: "Node", by: "Person" } as const;
export const filterHint = "The box also takes tag:name, node:name and by:name.";
export const named = (name: string, value: string) => `${name}: ${value}`;
export const without = (filter: string) => `Without filter ${filter}`;

// Choosing several.
export const chooseSeveral = "Choose several";
export const choose = (job: string) => `Choose ${job}`;
export const chosenJobs = "Chosen jobs";
export const chosen = (amount: number) => `${amount} chosen`;
export const verbs = { stop: "Stop", remove: "Remove" } as const;
export const verbWith = (action: keyof typeof verbs, amount: number) =>
  amount === 0 ? verbs[action] : `${verbs[action]} ${amount}`;
export const progress = (action: keyof typeof verbs, done: number, total: number) =>
  `${{ stop: "Stopping", remove: "Removing" }[action]} ${done} of ${total}…`;
export const all = "All";
export const noneOfThem = "None";
export const ask = (action: keyof typeof verbs, amount: number) => `${verbs[action]} ${count(amount, "job", "jobs")}?`;
export const consequence = {
  stop: "The commands and everything they started are told to end, and killed if they do not.",
  remove: "Those that still run are stopped first. Their output is deleted for good.",
} as const;
export const failures = (action: keyof typeof verbs, failed: number, total: number, first: string) =>
  `${failed} of ${total} could not be ${{ stop: "stopped", remove: "removed" }[action]}. ${first}`;
