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
