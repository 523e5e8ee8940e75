import { count } from "./format.ts";
import type { Draw } from "./common.ts";

export const output = "Output";
export const ofTheJob = "Output of the job";
export const find = "Find in the output";
export const nextError = "Next error";
export const noError = "No line tells of an error.";
export const noErrorBelow = "No error further down.";
export const noErrorAbove = "No error further up.";
export const fullScreen = "Full screen";
export const leaveFullScreen = "Leave full screen";
export const withTimes = ", with times";
export const part = (start: string, end: string, total: string) => `${start} to ${end} of ${total}`;

// Following.
export const following = "Following";
export const followingHint = "The view stays at the last line. Scroll up, or press . to let go.";
export const jumpToBottom = (newLines: number) =>
  newLines === 0 ? "Jump to bottom" : `Jump to bottom: ${count(newLines, "new line", "new lines")}`;
export const backToEnd = "Back to the end";
export const withoutTimes = "Without times";

// Typing.
export const type = "Type";
export const typing = "Typing";
export const typeHint = "Type into the job";
export const keysGoToJob = "Keys go to the job. Ctrl + ] gives them back.";
export const keysGoToJobDrawn = <T>(key: Draw<T>): (string | T)[] => [
  "Keys go to the job. ",
  key("Ctrl"),
  " + ",
  key("]"),
  " gives them back.",
];
export const keysState = {
  late: "What was typed last has not been taken yet.",
  lost: "The connection is lost: keys are not sent.",
  dropped: "Not sent, because the connection is lost. Type it again once it is back.",
  missed: "Connected again. What was typed meanwhile was not sent.",
  doubtful: "Connected again. What was typed last may not have arrived.",
} as const;
export const givesKeysBackDrawn = <T>(
  key: Draw<T>,
): (string | T)[] => [key("Ctrl"), " + ", key("]"), " gives the keys back."];

// Keeping it.
export const download = "Download the output";
export const forms = {
  raw: { label: "As it was printed", hint: "with colours" },
  text: { label: "As plain text", hint: "without colours" },
  recording: { label: "As a recording", hint: "for asciinema" },
} as const;

// How it is shown.
export const view = "View";
export const times = "Times before the lines";
export const wrap = "Wrap long lines";
export const copyLink = "Copy link to this line";
export const linkCopied = "The link was copied.";
export const linkInAddress = "The link stands in the address bar.";
export const fit = "Fit the terminal to this pane";
export const size = (cols: number, rows: number) =>
  `The terminal has ${count(cols, "column", "columns")} and ${count(rows, "row", "rows")}.`;

// What is not shown, and why.
export const dropped = (amount: string) => `${amount} were dropped, because the job has printed more than it may.`;
export const notKept = (amount: number) => `[srun: ${count(amount, "byte", "bytes")} of the output were not kept]`;
export const downloadAll = "Download all of it";
export const showBefore = "Show what is before";
export const showBehind = "Show what is behind";
export const incomplete = "The last part of the output could not be read.";
export const skipped = (amount: string) => `Skipped ${amount} that came faster than it can be shown.`;
export const firstNotShown = (amount: string) => `The first ${amount} are not shown here.`;
export const trimmed = "The first lines are no longer shown here.";
export const nothingWritten = "The job wrote nothing.";
export const waiting = "Waiting for its turn.";
export const nothingYet = "No output yet.";
export const olderPart = (start: string, end: string) => `An older part of the output: ${start} to ${end}.`;
export const olderUnread = "The older output could not be read.";

// Finding in it.
export const upperAndLower = "Upper and lower case";
export const upperAndLowerSign = "Aa";
export const regexSign = ".*";
export const regex = "Regular expression";
export const previousHit = "Previous hit";
export const nextHit = "Next hit";
export const findInAll = "All of the output";
export const closeFind = "Close find";
export const badPattern = "No such pattern";
export const searching = "Searching…";
export const noLine = "No line of the output matches.";
export const lines = (amount: number, isTruncated: boolean) =>
  `${isTruncated ? "The first " : ""}${count(amount, "line", "lines")}`;
export const searchBroke = "The search broke off.";

// A link in it.
export const openLink = "Open this link?";
export const linksTo = "The output of the job links to";
export const openInTab = "Open in a new tab";
