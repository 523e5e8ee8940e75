import type { Role } from "../api/accessClient.ts";
import { count } from "./format.ts";

export const roles: Record<Role, { word: string; about: string }> = {
  viewer: { word: "Viewer", about: "Viewer: sees everything" },
  operator: { word: "Operator", about: "Operator: also starts, stops and types" },
  admin: { word: "Admin", about: "Admin: may do everything" },
};

export const columns = {
  name: "Name",
  role: "Role",
  actions: "Actions",
  signedIn: "Signed in",
  since: "Since",
  beginsWith: "Begins with",
  used: "Used",
  goodUntil: "Good until",
  time: "Time",
  person: "Person",
  did: "Did",
  result: "Result",
  job: "Job",
  detail: "Detail",
  from: "From",
} as const;
export const never = "never";
export const remove = "Remove";
export const removeOne = (name: string) => `Remove ${name}`;

// People.
export const people = "People";
export const personCount = (amount: number) => count(amount, "person", "people");
export const you = "(you)";
export const mayNotSignIn = "(may not sign in)";
export const knownAs = (issuer: string, subject: string) => `signs in by ${issuer} as ${subject}`;
export const roleOf = (name: string) => `Role of ${name}`;
export const nobody = "Nobody has a password here yet. The token of the server always works.";
export const addPerson = "Add a person";
export const add = "Add";
export const couldNotAdd = "The person could not be added.";
export const nameHint = "What they sign in with.";
export const passwordHint = "They can change it once they are signed in.";
export const removePerson = (name: string) => `Remove ${name}?`;
export const removePersonText = "Their sessions end and their tokens stop working at once. Their jobs stay.";

// Passwords.
export const password = "Password";
export const changeOwn = "Change your password";
export const newPasswordFor = (name: string) => `New password for ${name}`;
export const change = "Change";
export const presentPassword = "Present password";
export const newPassword = "New password";
export const newPasswordHint = "All other sessions of this person end.";
export const passwordFailed = "The password could not be changed.";

// Tokens.
export const tokens = "Tokens";
export const noTokens = "There are no tokens. One lets a program do what you may do, and can be taken back alone.";
export const makeToken = "Make a token";
export const make = "Make";
export const tokenFailed = "The token could not be made.";
export const tokenNameHint = "What it is for.";
export const good = "Good";
export const lifetimes = {
  month: "For 30 days",
  quarter: "For 90 days",
  year: "For a year",
  forever: "Until it is removed",
} as const;
export const untilRemoved = "removed";
export const noLonger = "no longer";
export const prefix = (start: string) => `${start}…`;
export const removeToken = (name: string) => `Remove the token ${name}?`;
export const removeTokenText = "Whatever uses it is shut out at once.";
export const newToken = "Your new token";
export const shownOnce = "Keep it now: it is shown only this once.";

// What was done.
export const audit = "Audit";
export const noEntries = "Nothing was written down.";
export const action = "Action";
export const nobodyWord = "nobody";
