import { Connection } from "../src/state/connection.ts";
import { FARTHEST_BEHIND, Output, WHOLE_UP_TO } from "../src/state/output.ts";
import { equal } from "./assert.ts";
import { FakeScreen, FakeServer, job, ManualTiming } from "./fakes.ts";

function open(change = {}) {
  const timing = new ManualTiming();
  const server = new FakeServer();
  const screen = new FakeScreen();
  const connection = new Connection(timing, () => {}, () => 0.5);
  let ends = 0;
  const output = new Output(job(1, change), screen, connection, server.connect, timing, () => ends += 1);
  output.start();
  return { timing, server, screen, connection, output, ends: () => ends };
}

const hello = (from: number) => ({
  type: "hello",
  job: "job-000001",
  from,
  status: "running",
  tty: { cols: 1, rows: 1 },
});
const end = (bytes: number) => ({ type: "end", status: "completed", exitCode: 0, signal: null, reason: null, bytes });

Deno.test("asks for output from the start with the subprotocol that has offsets", () => {
  const { server } = open();
  equal(server.last.path, "/api/jobs/job-000001/logs?from=0&screen=1");
  equal(server.last.protocol, "srun.v1");
});

Deno.test("acknowledges every 64 KiB, and only what has been parsed", () => {
  const { server, screen } = open();
  server.last.json(hello(0));
  for (let chunk = 0; chunk < 5; chunk += 1) server.last.bytes("x".repeat(32 * 1024));
  equal(server.last.received, []);
  screen.parse();
  equal(server.last.received, [{ type: "ack", offset: 65536 }, { type: "ack", offset: 131072 }]);
});

Deno.test("resumes a lost connection at the next byte and keeps what is shown", () => {
  const { timing, server, screen, connection } = open();
  server.last.json(hello(0));
  server.last.bytes("first\n");
  server.last.close();
  equal(connection.state.value.kind, "waiting");
  timing.advance(500);
  equal(server.last.path, "/api/jobs/job-000001/logs?from=6");
  server.last.json(hello(6));
  server.last.bytes("second\n");
  equal(screen.text, "first\nsecond\n");
  equal(screen.resets, 0);
  equal(connection.state.value.kind, "connected");
});

Deno.test("paints a full-screen program as it is now, and goes on there after a break", () => {
  const { timing, server, screen } = open();
  server.last.json({ ...hello(1000), screen: { cols: 1, rows: 1, base64: btoa("painted ") } });
  server.last.bytes("next");
  equal(screen.text, "painted next");
  server.last.json({ type: "gap", offset: 1004, bytes: 96 });
  server.last.close();
  timing.advance(500);
  equal(server.last.path, "/api/jobs/job-000001/logs?from=1100");
});

Deno.test("starts again from where the server says when it cannot resume there", () => {
  const { timing, server, screen } = open();
  server.last.json(hello(0));
  server.last.bytes("first\n");
  server.last.close();
  timing.advance(500);
  server.last.json(hello(0));
  server.last.bytes("first\nsecond\n");
  equal([screen.text, screen.resets], ["first\nsecond\n", 1]);
});

Deno.test("fetches what is missing at the end, and says so when it cannot be had", () => {
  const { server, screen, output, ends } = open();
  server.last.json(hello(0));
  server.last.bytes("abc");
  server.last.json(end(6));
  equal(server.last.path, "/api/jobs/job-000001/logs?from=3");
  equal(ends(), 0);
  server.last.json(hello(3));
  server.last.bytes("def");
  server.last.json(end(6));
  equal([screen.text, output.state.value.phase, ends()], ["abcdef", "ended", 1]);

  const short = open();
  for (let attempt = 0; attempt < 4; attempt += 1) {
    short.server.last.json(hello(0));
    short.server.last.json(end(6));
  }
  equal([short.output.state.value.phase, short.server.sockets.length], ["incomplete", 4]);
});

Deno.test("closes its connection at the end and waits for nothing", () => {
  const { timing, server, connection } = open();
  server.last.json(hello(0));
  server.last.json(end(0));
  equal([server.last.isClosedByPage, timing.waiting, connection.state.value.kind], [true, 0, "connected"]);
});

Deno.test("shows very long output from the first whole line of its tail", () => {
  const { server, screen, output, timing } = open({ status: "completed", outputBytes: WHOLE_UP_TO + 1 });
  equal(server.last.path, "/api/jobs/job-000001/logs?from=-2097152&screen=1");
  server.last.json(hello(1000));
  server.last.bytes("half a li");
  server.last.bytes("ne\nwhole line\n");
  timing.advance(20);
  equal(screen.text, "whole line\n");
  equal(output.state.value, { phase: "streaming", start: 1012, offset: 1023, skipped: 0 });
});

Deno.test("jumps to the tail when it is too far behind, and not all the time", () => {
  const { timing, server, screen, output } = open();
  server.last.json(hello(0));
  server.last.bytes("old\n");
  output.catchUp(FARTHEST_BEHIND + 3, false);
  equal(server.sockets.length, 1);
  output.catchUp(FARTHEST_BEHIND + 4, false);
  equal(server.last.path, "/api/jobs/job-000001/logs?from=-2097152&screen=1");
  server.last.json(hello(900));
  server.last.bytes("cut\nnew\n");
  screen.parse();
  equal([screen.text, screen.resets, server.last.received], ["new\n", 1, []]);
  output.catchUp(10 * FARTHEST_BEHIND, false);
  equal(server.sockets.length, 2);
  timing.advance(5000);
  output.catchUp(10 * FARTHEST_BEHIND, false);
  equal(server.sockets.length, 3);
  server.last.json(hello(FARTHEST_BEHIND));
  output.catchUp(FARTHEST_BEHIND + WHOLE_UP_TO, true);
  equal(server.sockets.length, 4);
});

Deno.test("stops when the job is removed", () => {
  const { timing, server, output } = open();
  server.last.json(hello(0));
  server.last.close(4404);
  timing.advance(60_000);
  equal([output.state.value.phase, server.sockets.length], ["removed", 1]);
});

Deno.test("does not acknowledge after it was disposed", () => {
  const { server, screen, output } = open();
  server.last.json(hello(0));
  server.last.bytes("x".repeat(100_000));
  output.dispose();
  screen.parse();
  equal([server.last.received, server.last.isClosedByPage], [[], true]);
});
