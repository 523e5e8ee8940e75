import { count } from "./format.ts";

export const title = "Search all jobs";
export const allJobs = "All jobs";
export const field = "Search commands, names, tags and output";
export const invitation = "Search everything that was ever run here.";
export const whatIsSearched = "Commands, names, tags, and every line that a job printed.";
export const searching = "Searching…";
export const searchingOn = "searching on…";
export const nothing = "Nothing matches.";
export const jobs = "Jobs";
export const output = "Output";
export const jobCount = (amount: number) => count(amount, "job", "jobs");
export const lineCount = (amount: number, hasMore: boolean) =>
  `${count(amount, "line", "lines")} of output${hasMore ? ", and there are more" : ""}`;
export const firstLines = (amount: number) => `The first ${amount} lines. Open the job to find the others.`;
export const allInList = "All of them in the list";
export const searchOn = "Search on";
export const outputOf = (job: string) => `Output of ${job}`;
export const jobsUnread = "The jobs could not be searched.";
export const brokeOff = "The search broke off.";
