import type { Route } from "../state/route.ts";
import { brand } from "./common.ts";

export const noAnswer = "srun does not answer.";
export const couldNotStart = "The page could not start.";

// The bar at the top and its menu.
export const machine = "The machine that runs the commands";
export const menu = "Menu";
export const runACommand = ["Run", "a command"] as const;
export const searchAllJobs = "Search all jobs";
export const signedInAs = (user: string, role: string | null | undefined) =>
  `Signed in as ${user}${role && role !== user ? `, ${role}` : ""}`;
export const keys = "Keys";
export const about = "About srun";
export const changePassword = "Change your password";
export const signOut = "Sign out";
export const theme = "Theme";
export const themes = { system: "System", light: "Light", dark: "Dark" } as const;

export const pages = {
  search: "Search",
  nodes: "Nodes",
  users: "People",
  tokens: "Tokens",
  audit: "Audit",
} as const satisfies Partial<Record<Route["page"], string>>;

/** What is loading, in the middle of a sentence. */
export const pageWord = (page: keyof typeof pages) => pages[page].toLowerCase();

/** The parts of the title that are there, the most telling one first. */
export const title = (...parts: string[]) => [...parts, brand].filter((part) => part !== "").join(" · ");
export const offline = "Offline";
export const runningCount = (count: number) => `${count} running`;
export const statusAndJob = (status: string, job: string) => `${status}: ${job}`;

export const forAdmins = "This is for admins.";
export const askOneOfThem = "Ask one of them if you need it.";

// What stands above everything else when something is amiss.
export const connection = "Connection";
export const connectionLost = "Connection lost.";
export const whatIsShownStays = "What is shown stays.";
export const tryingAgain = "Trying again…";
export const tryingAgainIn = (seconds: number) => `Trying again in ${seconds} s.`;
export const retryNow = "Retry now";
export const lostSpoken = "Connection lost. Trying again.";
export const backSpoken = "Connected again.";
export const upgrade = "Upgrade";
export const upgraded = "srun was upgraded.";
export const pageIsOld = "This page is still the old one.";
export const loadNew = "Load the new one";

export const purpose = "Runs commands on a machine for people who are elsewhere.";
export const version = "Version";
export const commit = "Commit";
export const built = "Built";
export const node = "Node";
export const couldNotBeRead = "could not be read";
export const contains = "This page contains xterm.js and Preact:";
export const licences = "licences";
export const singleKeys = "Single-key shortcuts";
