import { age, bytes, duration, jobDuration, oneLine, outcome } from "../src/texts/format.ts";
import { parseRoute } from "../src/state/route.ts";
import { webTarget } from "../src/terminal/links.ts";
import { downloadName } from "../src/fileName.ts";
import { equal } from "./assert.ts";
import { job } from "./fakes.ts";

Deno.test("durations", () => {
  equal([-1, 0.04, 0.9994, 9.94, 9.96, 59.9, 60, 3599, 3600, 90_000].map(duration), [
    "0 ms",
    "40 ms",
    "999 ms",
    "9.9 s",
    "9 s",
    "59 s",
    "1 min 00 s",
    "59 min 59 s",
    "1 h 00 min",
    "1 d 1 h",
  ]);
});

Deno.test("a running job counts whole seconds, an ended one keeps its own time", () => {
  const start = "2026-11-23T16:00:00.000000Z";
  const now = Date.parse(start) + 3700;
  equal(jobDuration(job(1, { startedAt: start }), now), "3 s");
  equal(jobDuration(job(1, { startedAt: start }), now - 10_000), "0 s");
  equal(jobDuration(job(1, { startedAt: null }), now), null);
  const ended = { startedAt: start, completedAt: "2026-11-23T16:00:01.500000Z", status: "completed" } as const;
  equal(jobDuration(job(1, ended), now), "1.5 s");
  // The server's clock was set while it ran: what was measured counts.
  equal(
    jobDuration(job(1, { ...ended, completedAt: "2026-11-23T17:00:00.000000Z", durationSeconds: 2.5 }), now),
    "2.5 s",
  );
});

Deno.test("ages and sizes", () => {
  const time = "2026-11-23T16:00:00.000000Z";
  const at = (seconds: number) => age(time, Date.parse(time) + seconds * 1000);
  equal([at(-5), at(9), at(59), at(60), at(7200), at(90_000)], [
    "just now",
    "just now",
    "59 s ago",
    "1 min ago",
    "2 h ago",
    "1 d ago",
  ]);
  equal([0, 999, 1000, 99_960, 999_600, 4_100_000].map(bytes), [
    "0 B",
    "999 B",
    "1.0 KB",
    "100 KB",
    "1.0 MB",
    "4.1 MB",
  ]);
});

Deno.test("how a job ended", () => {
  equal(outcome(job(1, { status: "failed", exitCode: 2 })), "exit 2");
  equal(outcome(job(1, { status: "failed", signal: 9 })), "SIGKILL");
  equal(outcome(job(1, { status: "completed", exitCode: 0 })), null);
  equal(oneLine(" set -e\n  make \n"), "set -e ⏎ make");
});

Deno.test("only web addresses are opened", () => {
  equal(webTarget("https://example.org/a")?.href, "https://example.org/a");
  equal(["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "nonsense"].map(webTarget), [
    null,
    null,
    null,
    null,
  ]);
});

Deno.test("addresses below a prefix", () => {
  equal(parseRoute("/p/", "/p"), { page: "jobs" });
  equal(parseRoute("/p/jobs/a%20b", "/p"), { page: "job", id: "a b", place: null });
  equal(parseRoute("/jobs/%", ""), { page: "jobs" });
});

Deno.test("a download has a name every system takes", () => {
  equal(downloadName(job(1, { name: "../a b/c: d" })), "a-b-c-d.log");
  equal(downloadName(job(1)), "job-000001.log");
  equal(downloadName(job(1, { name: "..." })), "job-000001.log");
});
