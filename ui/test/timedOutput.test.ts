import type { OutputClient } from "../src/api/outputClient.ts";
import { Connection } from "../src/state/connection.ts";
import { TimedOutput } from "../src/state/timedOutput.ts";
import { equal } from "./assert.ts";
import { FakeScreen, ManualTiming, settle } from "./fakes.ts";

/** Two pieces of output; the second one comes, and then the end, when that is asked for. */
function open(hasEnded: boolean) {
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => goOn = resolve);
  async function* timed() {
    yield new TextEncoder().encode("2026-11-28T18:00:00.000000Z one\n");
    await gate;
    yield new TextEncoder().encode("2026-11-28T18:00:01.000000Z two\n");
  }
  const screen = new FakeScreen();
  const connection = new Connection(new ManualTiming(), () => {}, () => 0.5);
  const client = { timed } as unknown as OutputClient;
  const output = new TimedOutput("job-000001", client, screen, connection, 0, hasEnded);
  let hasBegun = false;
  void output.begun.then(() => hasBegun = true);
  output.start();
  /** Whether it has begun, once everything that was sent is drawn. */
  const draw = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      await settle();
      screen.parse();
    }
    await settle();
    return hasBegun;
  };
  return { screen, draw, goOn };
}

Deno.test("has all of an ended job before anything is looked for in it", async () => {
  const { screen, draw, goOn } = open(true);
  equal(await draw(), false);
  goOn();
  equal(await draw(), true);
  equal(screen.text.includes("two"), true);
});

Deno.test("waits for the first lines of a job that goes on", async () => {
  const { screen, draw } = open(false);
  equal(await draw(), true);
  equal(screen.text.includes("one"), true);
});
