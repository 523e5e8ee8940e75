import type { Draw } from "./common.ts";

export const title = "Run a command";
export const run = "Run";
export const starting = "Starting…";
export const runsIt = <T>(
  key: Draw<T>,
): (string | T)[] => [key("Ctrl"), " or ", key("⌘"), " + ", key("Enter"), " runs it"];
export const history = "History";
export const couldNotStart = "The job could not be started.";
export const command = "Command";
export const commandHint =
  "Runs in a shell (/bin/sh). Several lines are a script; a first line like #!/usr/bin/env python3 chooses what runs it.";
export const scriptFor = (interpreter: string) => `A script for ${interpreter}.`;

// Commands run before.
export const runBefore = "Commands run before";
export const searchRunBefore = "Search commands run before";
export const noneRunYet = "No command was run yet.";
export const noCommandMatches = "No command matches.";
export const historyUnread = "The history could not be read.";

// The folded parts, and their fields with what they take.
export const options = "Options";
export const order = "Place, order and retries";
export const limits = "Limits";
export const fields = {
  name: { label: "Name", hint: "For people; the list shows it." },
  tags: { label: "Tags", hint: "Separated by commas." },
  cwd: { label: "Working folder", hint: "An absolute path. Empty: the home folder." },
  timeout: { label: "Time limit", hint: "90, 10m or 2h. Empty: none." },
  env: { label: "Environment", hint: "One NAME=value a line. Everybody who sees the job sees it." },
  priority: { label: "Priority", hint: "-100 to 100; higher starts first." },
  retries: { label: "Retries", hint: "How often to try again when it fails." },
  retryDelay: { label: "Pause between tries", hint: "5s or 2m; it doubles each time." },
  nice: { label: "Nice", hint: "0 to 19; higher gives way to others." },
  memory: { label: "Memory", hint: "512MB or 2GiB." },
  cpuCores: { label: "CPU cores", hint: "1 or 0.5." },
  processes: { label: "Processes", hint: "At most so many at once." },
  cpuTime: { label: "CPU time", hint: "10m of computing, not of waiting." },
  openFiles: { label: "Open files", hint: "In each process." },
  fileSize: { label: "File size", hint: "The largest file it may write." },
} as const;

export const place = "Runs where";
export const placeHint = "A queued job waits for a node with room.";
export const anyNode = "Any node";
export const thisNode = (name: string) => `${name} (this one)`;
export const nodeInState = (name: string, state: string) => `${name} (${state})`;
export const nodeLabelled = (label: string) => `A node labelled ${label}`;

export const runsOn = "Runs on";
export const aTerminal = "a terminal";
export const columns = "Columns";
export const rows = "Rows";
export const pipes = "pipes: faster, without colours";

export const secrets = "Secret environment";
export const nameOfSecret = (number: number) => `Name of secret ${number}`;
export const valueOfSecret = (number: number) => `Value of secret ${number}`;
export const leaveOutSecret = (number: number) => `Leave out secret ${number}`;
export const NAME = "NAME";
export const value = "value";
export const addSecret = "Add a secret";
export const secretHint = "The command gets it; the page shows only its name.";
export const typeSecretAgain = "Type the value of this secret again: nobody can read what it was.";

/** What is wrong with a field. */
export const wrong = {
  command: "Type the command to run.",
  cwd: "The folder must be an absolute path, one that starts with /.",
  env: (line: number) => `Line ${line} is not NAME=value.`,
  secretName: "Each secret needs a name.",
  secretValue: (names: readonly string[]) =>
    names.length === 1 ? `The value of ${names[0]} is missing.` : `The values of ${names.join(", ")} are missing.`,
  tty: "Columns and rows are whole numbers from 1 to 1000.",
  timeout: "Write a time such as 90, 90s, 10m or 2h.",
  priority: "A whole number from -100 to 100.",
  nice: "A whole number from 0 to 19.",
  retries: "A whole number from 0 to 100.",
  retryDelay: "The pause is a time such as 5s or 2m.",
  memory: "Memory is an amount such as 512MB or 2GiB.",
  processes: "Processes is a whole number.",
  cpuCores: "CPU cores is a number such as 1 or 0.5.",
  openFiles: "Open files is a whole number.",
  fileSize: "File size is an amount such as 1GB.",
  cpuTime: "CPU time is a time such as 10m.",
} as const;
