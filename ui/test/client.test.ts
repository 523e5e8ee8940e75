import { ApiClient, ApiError, nextCursor } from "../src/api/client.ts";
import { equal } from "./assert.ts";
import { FakeHTTP, job, json } from "./fakes.ts";

async function refusal(promise: Promise<unknown>): Promise<ApiError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

Deno.test("adds the header against forged requests to what changes something, and the prefix to everything", async () => {
  const http = new FakeHTTP();
  const client = new ApiClient("/prefix", http.fetch);
  http.respond = () => json(job(1));
  await client.job("a/b");
  await client.start({ command: "true", tty: false });
  await client.remove("x", { force: true });
  equal(http.requests.map(({ method, path, headers }) => [method, path, headers.get("X-Srun-CSRF")]), [
    ["GET", "/prefix/api/jobs/a%2Fb", null],
    ["POST", "/prefix/api/jobs", "1"],
    ["DELETE", "/prefix/api/jobs/x?force=true", "1"],
  ]);
  equal(http.requests[1]?.body, { command: "true", tty: false });
});

Deno.test("tells a refusal, a proxy's own answer and no answer apart", async () => {
  const http = new FakeHTTP();
  const client = new ApiClient("", http.fetch);
  http.respond = () => json({ error: "cwd does not exist", code: "cwd_not_found", field: "cwd" }, 400);
  const refused = await refusal(client.session());
  equal([refused.status, refused.code, refused.message, refused.field], [
    400,
    "cwd_not_found",
    "Cwd does not exist.",
    "cwd",
  ]);
  http.respond = () => new Response("<html>Bad gateway", { status: 502 });
  equal((await refusal(client.session())).message, "The server answered with status 502.");
  http.respond = () => Promise.reject(new TypeError("failed to fetch"));
  equal((await refusal(client.session())).isUnreachable, true);
});

Deno.test("finds the next page in a Link header, with or without other links", () => {
  equal(nextCursor('</api/jobs?cursor=a.b%2Bc&limit=100>; rel="next"'), "a.b+c");
  equal(nextCursor('</api/jobs?cursor=1>; rel="prev", </prefix/api/jobs?limit=2&cursor=3>; rel=next'), "3");
  equal(nextCursor('</api/jobs?cursor=1>; rel="prev"'), null);
  equal(nextCursor(null), null);
});

Deno.test("learns how far the server's clock is off", async () => {
  const http = new FakeHTTP();
  const client = new ApiClient("", http.fetch);
  http.respond = () => json({}, 200, { Date: new Date(Date.now() + 3_600_000).toUTCString() });
  await client.session();
  equal(Math.abs(client.clockSkew - 3_600_000) < 2000, true);
  http.respond = () => json({}, 200, { Date: new Date().toUTCString() });
  await client.session();
  equal(client.clockSkew, 0);
});
