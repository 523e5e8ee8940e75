import { ApiClient } from "../src/api/client.ts";
import { SessionModel, takeSignIn } from "../src/state/session.ts";
import { equal } from "./assert.ts";
import { FakeHTTP, json } from "./fakes.ts";

const SESSION = { user: "admin", rights: ["view", "operate"], node: "here", version: "1" };
const refused = () => json({ error: "sign in first", code: "unauthorized" }, 401);

function make() {
  const http = new FakeHTTP();
  return { http, session: new SessionModel(new ApiClient("", http.fetch)) };
}

Deno.test("takes the code out of the address before it is used", () => {
  const replaced: string[] = [];
  const history = { replaceState: (_: unknown, __: string, url: string) => replaced.push(url) } as unknown as History;
  const at = (hash: string) => ({ pathname: "/p/", search: "?a=1", hash }) as Location;
  equal(takeSignIn(at("#code=XYZ"), history), { code: "XYZ", reason: null });
  equal(takeSignIn(at("#other"), history), null);
  equal(replaced, ["/p/?a=1"]);
  const refused = (word: string) => takeSignIn(at(`#refused=${word}`), history)?.reason;
  equal(refused("denied"), "The sign-in was refused or cancelled there.");
  // Nobody else's words, and nothing that is not in the list.
  equal([refused("Send%20me%20your%20token"), refused("toString")], Array(2).fill("Signing in did not work."));
  equal(replaced.length, 4);
});

Deno.test("signs in with the code of a link", async () => {
  const { http, session } = make();
  http.respond = () => json(SESSION);
  await session.start("XYZ");
  equal([http.requests[0]?.method, http.requests[0]?.body], ["POST", { code: "XYZ" }]);
  equal([session.can("operate"), session.can("administer")], [true, false]);
});

Deno.test("a used link is no matter to who is signed in, and is explained to who is not", async () => {
  const { http, session } = make();
  http.respond = (method) => method === "POST" ? refused() : json(SESSION);
  await session.start("old");
  equal(session.state.value.kind, "signedIn");
  http.respond = refused;
  await session.start("old");
  const state = session.state.value;
  equal(
    state.kind === "signedOut" && state.reason,
    "That sign-in link has been used already or is older than 10 minutes.",
  );
});

Deno.test("says why a provider's sign-in came to nothing to who is not signed in", async () => {
  const { http, session } = make();
  http.respond = refused;
  await session.start(null, "Because.");
  const state = session.state.value;
  equal(state.kind === "signedOut" && state.reason, "Because.");
  http.respond = () => json(SESSION);
  await session.start(null, "Because.");
  equal(session.state.value.kind, "signedIn");
});

Deno.test("notices that the session has ended, and only that", async () => {
  const { http, session } = make();
  http.respond = () => json(SESSION);
  await session.start(null);
  http.respond = () => Promise.reject(new TypeError("offline"));
  await session.check();
  equal(session.state.value.kind, "signedIn");
  http.respond = refused;
  await session.check();
  const state = session.state.value;
  equal(state.kind === "signedOut" && state.reason, "Your session has ended.");
});

Deno.test("says what is wrong with a token", async () => {
  const { http, session } = make();
  http.respond = refused;
  await session.signIn({ token: "nope" });
  const state = session.state.value;
  equal(state.kind === "signedOut" && state.reason, "That is not the token of this server.");
});
