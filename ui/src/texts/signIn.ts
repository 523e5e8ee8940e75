import type { Draw } from "./common.ts";

export const signIn = "Sign in";
export const signingIn = "Signing in…";
export const signInWith = (provider: string) => `Sign in with ${provider}`;
export const useToken = "Use a link or a token";
export const usePassword = "Use a name and a password";
export const openTheLink = <T>(code: Draw<T>): (string | T)[] => [
  "Open the sign-in link that was printed where srun was started. For a new one, run ",
  code("srun link"),
  " on that machine.",
];
export const token = "Or paste the token";
export const tokenHint = "It is in the file “token” in srun's state folder.";
export const name = "Name";
export const password = "Password";

export const linkUsed = "That sign-in link has been used already or is older than 10 minutes.";
export const noSuchPerson = "That is not the name and the password of anybody here.";
export const noSuchToken = "That is not the token of this server.";
export const didNotWork = "Signing in did not work.";
export const sessionEnded = "Your session has ended.";

/** Why a provider's sign-in came to nothing, by the word in the address that the server sends the browser to. */
const refusals: Readonly<Record<string, string>> = {
  invalid_sign_in: "That sign-in was not begun in this browser, took too long or was used already. Begin anew.",
  denied: "The sign-in was refused or cancelled there.",
  invalid_token: "What came back from there cannot be trusted, so nobody was signed in. Tell whoever runs this server.",
  issuer_unavailable: "The service that signs people in does not answer as it should. Try again later.",
  unknown_user: "You are known there, but not here. Ask an administrator of this server to let you in.",
  name_taken: "There is somebody of your name here already. If that is you, ask an administrator to link the two.",
  unusable_name:
    "What you are called there cannot be a name here. Ask an administrator to let you in under another one.",
  disabled: "You may not sign in here any more.",
  too_many_attempts: "Too many sign-ins have failed. Try again later.",
  busy: "Many people are signing in just now. Try again in a moment.",
};
export const refusal = (word: string) => Object.hasOwn(refusals, word) ? refusals[word] ?? didNotWork : didNotWork;
