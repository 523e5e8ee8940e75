import { ApiClient } from "../src/api/client.ts";
import { Connection } from "../src/state/connection.ts";
import { Events } from "../src/state/events.ts";
import { Jobs, MOST_JOBS } from "../src/state/jobs.ts";
import { equal } from "./assert.ts";
import { FakeHTTP, FakeServer, job, json, ManualTiming, settle } from "./fakes.ts";

function make() {
  const timing = new ManualTiming();
  const server = new FakeServer();
  const http = new FakeHTTP();
  const connection = new Connection(timing, () => {}, () => 0.5);
  const events = new Events(connection, server.connect);
  const jobs = new Jobs(new ApiClient("", http.fetch), events, timing);
  events.start();
  const ids = () => jobs.list.value.jobs.map(({ id }) => Number(id.slice(4)));
  return { timing, server, http, jobs, ids };
}

Deno.test("fetches the list after the hello, not before", async () => {
  const { server, http, jobs, ids } = make();
  await settle();
  equal([http.requests.length, jobs.list.value.phase], [0, "loading"]);
  http.respond = () => json([job(2), job(1)]);
  server.last.json({ type: "hello" });
  await settle();
  equal([http.requests[0]?.path, jobs.list.value.phase], ["/api/jobs?limit=100", "ready"]);
  equal(ids(), [2, 1]);
});

Deno.test("applies what happened while the list was on its way", async () => {
  const { server, http, jobs, ids } = make();
  let answer = (_: Response) => {};
  http.respond = () => new Promise((resolve) => answer = resolve);
  server.last.json({ type: "hello" });
  await settle();
  server.last.json({ type: "job", job: job(3) });
  server.last.json({ type: "removed", id: "job-000001" });
  // An event older than the answer must not undo a final status.
  server.last.json({ type: "job", job: job(2, { status: "running" }) });
  answer(json([job(2, { status: "completed" }), job(1)]));
  await settle();
  equal(ids(), [3, 2]);
  equal(jobs.find("job-000002")?.status, "completed");
});

Deno.test("draws once for many events", async () => {
  const { timing, server, http, jobs, ids } = make();
  http.respond = () => json([]);
  server.last.json({ type: "hello" });
  await settle();
  let changes = 0;
  jobs.list.subscribe(() => changes += 1);
  for (let number = 1; number <= 50; number += 1) server.last.json({ type: "job", job: job(number) });
  equal(changes, 0);
  timing.advance(20);
  equal([changes, ids().length, ids()[0]], [1, 50, 50]);
});

Deno.test("loads further pages, and keeps their length over a reconnect", async () => {
  const { timing, server, http, jobs, ids } = make();
  const page = (from: number, length: number) => Array.from({ length }, (_, index) => job(from - index));
  http.respond = (_, path) =>
    path.includes("cursor=abc")
      ? json(page(200, 100))
      : json(page(300, 100), 200, { Link: '</api/jobs?cursor=abc&limit=100>; rel="next"' });
  server.last.json({ type: "hello" });
  await settle();
  equal([ids().length, jobs.list.value.hasMore], [100, true]);
  await jobs.loadMore();
  equal([ids().length, ids().at(-1), jobs.list.value.hasMore], [200, 101, false]);
  server.last.close();
  timing.advance(500);
  server.last.json({ type: "hello" });
  await settle();
  equal(http.requests.at(-1)?.path, "/api/jobs?limit=200");
});

Deno.test("leaves jobs of pages that are not loaded where they are", async () => {
  const { timing, server, http, ids } = make();
  http.respond = () => json([job(9), job(8)], 200, { Link: '</api/jobs?cursor=abc&limit=2>; rel="next"' });
  server.last.json({ type: "hello" });
  await settle();
  server.last.json({ type: "job", job: job(3) });
  timing.advance(20);
  equal(ids(), [9, 8]);
});

Deno.test("asks the server for what the filter finds, and applies it to events", async () => {
  const { timing, server, http, jobs, ids } = make();
  http.respond = () => json([]);
  server.last.json({ type: "hello" });
  await settle();
  jobs.filter({ statuses: ["failed", "lost"] });
  jobs.filter({ text: " MAKE" });
  timing.advance(199);
  equal(http.requests.length, 1);
  timing.advance(1);
  await settle();
  equal(http.requests.at(-1)?.path, "/api/jobs?limit=100&status=failed%2Clost&q=MAKE");
  server.last.json({ type: "job", job: job(1, { command: "make", status: "failed" }) });
  server.last.json({ type: "job", job: job(2, { command: "make", status: "completed" }) });
  server.last.json({ type: "job", job: job(3, { tags: ["maker"], status: "lost" }) });
  timing.advance(20);
  equal(ids(), [3, 1]);
});

Deno.test("never keeps more jobs than it says", async () => {
  const { timing, server, http, jobs, ids } = make();
  http.respond = () => json([]);
  server.last.json({ type: "hello" });
  await settle();
  for (let number = 1; number <= MOST_JOBS + 10; number += 1) server.last.json({ type: "job", job: job(number) });
  timing.advance(20);
  equal([ids().length, ids().at(-1), jobs.list.value.isCut, jobs.list.value.hasMore], [MOST_JOBS, 11, true, false]);
});

Deno.test("keeps the list when it cannot be brought up to date, and has none when there never was one", async () => {
  const { timing, server, http, jobs, ids } = make();
  http.respond = () => json({ error: "the store does not answer", code: "storage_unavailable" }, 503);
  server.last.json({ type: "hello" });
  await settle();
  equal([jobs.list.value.phase, jobs.list.value.error], ["failed", "The store does not answer."]);
  http.respond = () => json([job(1)]);
  jobs.retry();
  await settle();
  equal(jobs.list.value.phase, "ready");
  http.respond = () => json({}, 503);
  server.last.close();
  timing.advance(500);
  server.last.json({ type: "hello" });
  await settle();
  equal([jobs.list.value.phase, ids(), jobs.list.value.error], ["ready", [1], "The server answered with status 503."]);
});
