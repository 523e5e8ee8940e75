import { wholeSeconds } from "./format.ts";

export const allJobs = "All jobs";
export const loadingWord = "job";
export const removed = "This job has been removed.";
export const noSuchJob = "There is no such job.";
export const mayBeRemoved = "It may have been removed.";
export const couldNotLoad = "The job could not be loaded.";
export const backToList = "Back to the list";
export const output = "output";
export const replayWord = "replay";

// What can be done to it.
export const stop = "Stop";
export const stopping = "Stopping…";
export const killNow = "Kill now";
export const restart = "Restart";
export const restarting = "Restarting…";
export const runAgain = "Run again with changes";
export const remove = "Remove the job";
export const moreActions = "More actions";
export const replay = "Replay";
export const copyAs = "Copy as srun or curl";
export const pause = "Pause";
export const goOn = "Go on";
export const sendASignal = "Send a signal";
/** Signals that are asked for often, with what programs take them for. */
export const signals = [
  { name: "HUP", about: "read the settings again" },
  { name: "INT", about: "as Ctrl + C" },
  { name: "QUIT", about: "end with a dump" },
  { name: "USR1", about: "up to the program" },
  { name: "USR2", about: "up to the program" },
  { name: "TERM", about: "please end" },
] as const;

/** What is asked before something is done that cannot be undone. */
export const questions = {
  stop: {
    title: "Stop this job?",
    action: "Stop",
    text: "The command and everything it started are told to end, and killed if they do not.",
  },
  kill: {
    title: "Kill this job now?",
    action: "Kill",
    text: "It has been told to end and takes its time. Killed, it cannot put anything in order first.",
  },
  restart: {
    title: "Restart this job?",
    action: "Restart",
    text: "It is still running. It is stopped, and its command runs again as a new job.",
  },
  remove: { title: "Remove this job?", action: "Remove", text: "Its output is deleted for good." },
} as const;
export const removeRunning = "It is still running: it is stopped first. Its output is deleted for good.";

// What is going on with it.
export const nodeSilent = (node: string) =>
  `${node} has lost contact. What is shown is the last that is known; if it does not come back, the job is lost.`;
export const toldToEnd = "The job is told to end.";
export const stopProgress = (by: string | null | undefined, seconds: number) =>
  (by ? `${by} has stopped it. ` : "") +
  `Told to end ${seconds === 0 ? "just now" : `${wholeSeconds(seconds)} ago`}; killed when its time to end is over.`;

// What is known of it.
export const more = "More";
export const less = "Less";
export const onlyThisPerson = "Only this person's jobs";
export const onlyThisTag = "Only jobs with this tag";
export const anyNode = "any";
export const facts = {
  exitCode: "Exit code",
  killedBy: "Killed by",
  reason: "Reason",
  runningFor: "Running for",
  ranFor: "Ran for",
  askedFor: "Asked for",
  started: "Started",
  by: "By",
  node: "Node",
  attempt: "Try",
  retryOf: "Retry of",
  restartOf: "Restart of",
  tags: "Tags",
  id: "ID",
  pid: "PID",
  folder: "Folder",
  ended: "Ended",
  stoppedBy: "Stopped by",
  nextTry: "Next try",
  timeLimit: "Time limit",
  output: "Output",
  cpu: "CPU",
  memory: "Memory",
  read: "Read",
  written: "Written",
  priority: "Priority",
  nice: "Nice",
  group: "Group",
  label: "Needs a node labelled",
  retries: "Retries",
  environment: "Environment",
  secrets: "Secrets",
  memoryLimit: "Memory limit",
  processLimit: "Process limit",
  cpuCores: "CPU cores",
  cpuTimeLimit: "CPU time limit",
  openFilesLimit: "Open files limit",
  fileSizeLimit: "File size limit",
} as const;
export const groupLimit = (name: string, limit: number) => `${name} (at most ${limit} at once)`;
export const runs = "Runs";
export const retry = "retry";

// The small curves.
export const usage = "Resources over time";
export const curves = { cpu: "CPU", memory: "Memory", output: "Output", disk: "Disk" } as const;
export const atMost = (amount: string) => `at most ${amount}`;
export const curveInWords = (name: string, time: string, now: string, most: string) =>
  `${name} over ${time}: now ${now}, at most ${most}`;
