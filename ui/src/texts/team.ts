export const nodes = "Nodes";
export const loadingWord = "nodes";
export const alone = "This server runs alone.";
export const couldNotLoad = "The nodes could not be loaded.";
export const couldNotRead = "The nodes could not be read.";
export const states = { up: "Up", draining: "Draining", unknown: "Lost contact", down: "Down" } as const;
export const thisOne = "this one";
export const silent = "It does not answer. Its jobs may still run; if it stays away, they are lost.";
export const draining = "It takes no new jobs, and ends those it has.";
export const facts = {
  waiting: "Waiting",
  heardOf: "Heard of",
  version: "Version",
  address: "Address",
  labels: "Labels",
} as const;
export const running = (amount: number, capacity: number | null) =>
  capacity === null ? `${amount} running` : `${amount} of ${capacity} running`;
export const itsJobs = "Its jobs";
export const drain = "Drain";
export const takeAgain = "Take jobs again";
