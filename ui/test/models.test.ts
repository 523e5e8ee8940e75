import { ApiClient } from "../src/api/client.ts";
import { TeamClient } from "../src/api/teamClient.ts";
import { asCommandLine, asRequest } from "../src/state/copyAs.ts";
import { Find } from "../src/state/find.ts";
import { OutputClient } from "../src/api/outputClient.ts";
import { listWindow, scrollToRow } from "../src/state/listWindow.ts";
import { Nodes } from "../src/state/nodes.ts";
import { commandOfScript, scriptOfCommand } from "../src/state/script.ts";
import { SearchEverywhere } from "../src/state/searchEverywhere.ts";
import { Selection } from "../src/state/selection.ts";
import { Typing } from "../src/state/typing.ts";
import { curvesOf } from "../src/state/usage.ts";
import { equal } from "./assert.ts";
import { FakeHTTP, job, json, ManualTiming, settle } from "./fakes.ts";

Deno.test("draws the rows near the view, however long the list is", () => {
  equal(listWindow(0, 560, 56, 5), { first: 0, end: 5 });
  const { first, end } = listWindow(56 * 500_000, 560, 56, 1_000_000);
  equal([first <= 500_000 - 6, end >= 500_016, end - first < 60], [true, true, true]);
  equal([scrollToRow(3, 0, 560, 56), scrollToRow(20, 0, 560, 56), scrollToRow(2, 560, 560, 56)], [0, 616, 112]);
});

Deno.test("a script is given to its interpreter, and comes back as it was typed", () => {
  const script = "#!/usr/bin/env python3\nprint('hi')";
  const command = commandOfScript(script);
  equal(command, `exec /usr/bin/env python3 /dev/fd/3 3<<'SRUN_SCRIPT'\n${script}\nSRUN_SCRIPT\n`);
  equal(scriptOfCommand(command), `${script}\n`);
  const hostile = "#!/bin/sh -e\necho a\nSRUN_SCRIPT\necho b\n";
  equal(scriptOfCommand(commandOfScript(hostile)), hostile);
  equal([commandOfScript("ls"), scriptOfCommand("ls")], ["ls", "ls"]);
});

Deno.test("copies a job for a terminal, without its secrets", () => {
  const wanted = {
    command: "echo 'a b'",
    name: "x y",
    tags: ["t"],
    tty: false as const,
    secretEnv: { TOKEN: "geheim" },
  };
  equal(asCommandLine(wanted), "srun run --name 'x y' --tag t --no-tty 'echo '\\''a b'\\'''");
  const request = asRequest(wanted, "https://x");
  equal([request.includes("geheim"), request.includes('"TOKEN":"..."')], [false, true]);
});

Deno.test("types no faster than the job reads", () => {
  const sent: number[] = [];
  const typing = new Typing(new ManualTiming(), (bytes) => sent.push(bytes.length));
  typing.type("ä");
  // Not connected yet.
  equal(sent, []);
  typing.begin();
  typing.type("x".repeat(100_000));
  const total = () => sent.reduce((sum, length) => sum + length, 0);
  equal([sent[0], total() <= 64 * 1024], [2, true]);
  typing.taken(total());
  equal(total(), 100_002);
  equal(typing.type("y".repeat(5_000_000)), false);
});

Deno.test("sends nothing later that was typed without a connection, and says so", () => {
  const timing = new ManualTiming();
  let sent = "";
  const typing = new Typing(timing, (bytes) => sent += new TextDecoder().decode(bytes));
  const { state } = typing;
  typing.begin();
  typing.type("a");
  typing.taken(1);
  typing.lose();
  equal(state.value, "lost");
  typing.pause();
  equal([typing.type("rm"), typing.type(" -r\n"), state.value], [false, false, "dropped"]);
  // An attempt that fails.
  typing.lose();
  equal(state.value, "dropped");
  typing.begin();
  equal([state.value, sent], ["missed", "a"]);
  typing.type("b");
  equal([state.value, sent], ["sent", "ab"]);

  // What was on its way is in doubt, and nothing is when nothing was.
  typing.lose();
  typing.begin();
  equal(state.value, "doubtful");
  typing.type("c");
  typing.taken(1);
  typing.lose();
  typing.begin();
  equal([state.value, sent, timing.waiting], ["sent", "abc", 0]);
});

Deno.test("tells when keys are not taken, and what waits for another connection stays", () => {
  const timing = new ManualTiming();
  let sent = "";
  const typing = new Typing(timing, (bytes) => sent += new TextDecoder().decode(bytes));
  typing.begin();
  typing.type("a");
  timing.advance(1999);
  equal(typing.state.value, "sent");
  timing.advance(1);
  equal(typing.state.value, "late");
  typing.type("b");
  typing.taken(1);
  equal(typing.state.value, "sent");
  timing.advance(2000);
  equal(typing.state.value, "late");
  typing.taken(2);
  equal([typing.state.value, timing.waiting], ["sent", 0]);
  typing.pause();
  typing.type("c");
  equal(sent, "ab");
  typing.begin();
  equal(sent, "abc");
  typing.dispose();
  equal(timing.waiting, 0);
});

Deno.test("does to all that are chosen what can be done, and says what could not", async () => {
  const http = new FakeHTTP();
  const selection = new Selection(new ApiClient("", http.fetch));
  const jobs = [job(4), job(3, { status: "completed" }), job(2), job(1)];
  selection.toggle("job-000004");
  selection.extend("job-000002", jobs);
  equal(selection.targets("stop", jobs).map(({ id }) => id), ["job-000004", "job-000002"]);
  equal(selection.targets("remove", jobs).length, 3);
  http.respond = (_, path) =>
    path.includes("000002")
      ? json({ error: "no", code: "forbidden" }, 403)
      : json({ error: "gone", code: "not_running" }, 409);
  await selection.run("stop", selection.targets("stop", jobs));
  equal(selection.state.value.report, "1 of 2 could not be stopped. No.");
  http.respond = () => json({ message: "ok" });
  await selection.run("remove", selection.targets("remove", jobs));
  equal([selection.state.value.report, selection.state.value.ids.size], [null, 0]);
  equal(http.requests.filter(({ path }) => path.endsWith("?force=true")).length, 2);
});

Deno.test("finds at once in what is loaded, and all of it when asked", async () => {
  const timing = new ManualTiming();
  const http = new FakeHTTP();
  const shown: string[] = [];
  const screen = {
    find: ({ text }: { text: string }) =>
      text === "(" ? null : ["1", "2", "3"].filter((line) => text === "x" || line === text),
    show: (match: string) => shown.push(match),
    clear: () => shown.push("-"),
    nearest: () => 1,
  };
  const find = new Find("j", screen, new OutputClient(new ApiClient("", http.fetch).http), timing);
  find.look({ text: "x" });
  equal(find.state.value.count, null);
  timing.advance(200);
  equal([find.state.value.count, find.state.value.current, shown], [3, 1, ["2"]]);
  find.step(1);
  find.step(1);
  equal([find.state.value.current, shown.at(-1)], [0, "1"]);
  http.respond = () =>
    new Response('{"line":7,"offset":70,"start":0,"length":1,"text":"x"}\n{"done":true,"hits":1,"truncated":false}\n');
  await find.lookEverywhere();
  equal([find.state.value.whole?.hits.length, find.state.value.whole?.isDone], [1, true]);
  find.look({ text: "(" });
  timing.advance(200);
  equal([find.state.value.isWrong, find.state.value.whole], [true, null]);
});

Deno.test("searches everything, and says when output cannot be searched", async () => {
  const timing = new ManualTiming();
  const http = new FakeHTTP();
  const search = new SearchEverywhere(new ApiClient("", http.fetch), timing);
  const hit = { job: job(1), line: 1, offset: 0, start: 0, length: 1, text: "x" };
  http.respond = (_, path) =>
    path.startsWith("/api/search")
      ? new Response(`${JSON.stringify(hit)}\n{"done":true,"truncated":false}\n`)
      : json([job(2)]);
  search.look("x");
  timing.advance(300);
  await settle();
  equal([search.state.value.jobs?.length, search.state.value.hits.length, search.state.value.output], [1, 1, "done"]);
  http.respond = (_, path) => path.startsWith("/api/search") ? json({ error: "x", code: "not_found" }, 404) : json([]);
  search.look("y", true);
  timing.advance(1);
  await settle();
  equal([search.state.value.output, search.state.value.error], ["absent", null]);
});

Deno.test("counters of a job become rates", () => {
  const at = (second: number) => new Date(second * 1000).toISOString();
  const sample = (second: number, cpuSeconds: number, memoryBytes: number) => ({
    time: at(second),
    cpuSeconds,
    memoryBytes,
    readBytes: 0,
    writtenBytes: 0,
    processes: 1,
  });
  const curves = curvesOf([sample(0, 0, 10), sample(2, 1, 30), sample(4, 3, 20)]);
  equal(curves.map(({ kind }) => kind), ["cpu", "memory"]);
  equal(curves[0]?.points, [{ at: 2, value: 50 }, { at: 4, value: 100 }]);
  equal(curvesOf([sample(0, 0, 10)]), []);
});

Deno.test("watches nodes while somebody looks, and never asks a server that knows none", async () => {
  const timing = new ManualTiming();
  const http = new FakeHTTP();
  http.respond = () => json([{ name: "a" }, { name: "b" }]);
  const client = new TeamClient(new ApiClient("", http.fetch).http);
  const nodes = new Nodes(client, timing, () => true);
  const end = nodes.watch();
  await settle();
  timing.advance(5000);
  await settle();
  equal([http.requests.length, nodes.isTeam], [2, true]);
  end();
  timing.advance(60_000);
  equal([http.requests.length, timing.waiting], [2, 0]);
  await new Nodes(client, timing, () => false).fetch();
  equal(http.requests.length, 2);
});
