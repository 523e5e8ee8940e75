import { ApiClient } from "../src/api/client.ts";
import { Connection } from "../src/state/connection.ts";
import { Events } from "../src/state/events.ts";
import { OpenJob } from "../src/state/job.ts";
import { equal } from "./assert.ts";
import { FakeHTTP, FakeServer, job, json, ManualTiming, settle } from "./fakes.ts";

const ID = "job-000001";

function make(first: () => Response = () => json(job(1))) {
  const server = new FakeServer();
  const http = new FakeHTTP();
  http.respond = first;
  const events = new Events(new Connection(new ManualTiming()), server.connect);
  events.start();
  const model = new OpenJob(ID, null, new ApiClient("", http.fetch), events);
  return { server, http, model };
}

Deno.test("is fetched at once, again after each hello, and kept up to date by events", async () => {
  const { server, http, model } = make();
  await settle();
  equal(model.job?.status, "running");
  server.last.json({ type: "hello" });
  await settle();
  equal(http.requests.length, 2);
  server.last.json({ type: "job", job: job(2, { status: "failed" }) });
  server.last.json({ type: "job", job: job(1, { status: "completed" }) });
  equal(model.job?.status, "completed");
  // Late, and contradicting a final status.
  server.last.json({ type: "job", job: job(1, { status: "running" }) });
  equal(model.job?.status, "completed");
});

Deno.test("tells a job that was removed from one that never was", async () => {
  const removed = make();
  await settle();
  removed.server.last.json({ type: "removed", id: ID });
  removed.server.last.json({ type: "job", job: job(1) });
  equal(removed.model.state.value, { kind: "missing", wasShown: true });

  const unknown = make(() => json({ error: "there is no such job", code: "job_not_found" }, 404));
  await settle();
  equal(unknown.model.state.value, { kind: "missing", wasShown: false });
});

Deno.test("does one thing at a time, and says why something was refused", async () => {
  const { http, model } = make();
  await settle();
  let answer = (_: Response) => {};
  http.respond = () => new Promise((resolve) => answer = resolve);
  const stopping = model.stop();
  equal(model.pending.value, "stop");
  equal(await model.remove(true), false);
  await settle();
  answer(json({ error: "the job is not running", code: "not_running" }, 409));
  equal(await stopping, false);
  equal([model.pending.value, model.refusal.value], [null, "The job is not running."]);
});

Deno.test("a restart gives the new job", async () => {
  const { http, model } = make();
  await settle();
  http.respond = () => json(job(2, { restartOf: ID }));
  equal((await model.restart())?.id, "job-000002");
});
