import { Connection, type Link } from "../src/state/connection.ts";
import { equal } from "./assert.ts";
import { ManualTiming } from "./fakes.ts";

class CountingLink implements Link {
  opens = 0;
  open(): void {
    this.opens += 1;
  }
}

function make() {
  const timing = new ManualTiming();
  let losses = 0;
  const connection = new Connection(timing, () => losses += 1, () => 0.5);
  return { timing, connection, losses: () => losses };
}

Deno.test("waits longer after each failure, up to 15 seconds", () => {
  const { timing, connection, losses } = make();
  const link = new CountingLink();
  connection.add(link);
  const delays: number[] = [];
  for (let failure = 0; failure < 7; failure += 1) {
    connection.lost(link);
    const state = connection.state.value;
    if (state.kind !== "waiting") throw new Error(`is ${state.kind}`);
    delays.push(state.until - timing.now());
    timing.advance(15_000);
    equal(link.opens, failure + 2);
  }
  equal(delays, [500, 1000, 2000, 4000, 8000, 15000, 15000]);
  equal(losses(), 7);
});

Deno.test("has one countdown for all links, and brings all back at once", () => {
  const { timing, connection } = make();
  const [events, output] = [new CountingLink(), new CountingLink()];
  for (const link of [events, output]) {
    connection.add(link);
    connection.opened(link);
  }
  equal(connection.state.value.kind, "connected");
  connection.lost(events);
  connection.lost(output);
  timing.advance(500);
  equal([events.opens, output.opens, timing.waiting], [2, 2, 0]);
  connection.opened(events);
  equal(connection.state.value.kind, "retrying");
  connection.opened(output);
  equal(connection.state.value.kind, "connected");
});

Deno.test("forgets old failures once a connection has held for 5 seconds, and not before", () => {
  const { timing, connection } = make();
  const link = new CountingLink();
  connection.add(link);
  const delayAfter = (held: number) => {
    connection.opened(link);
    timing.advance(held);
    connection.lost(link);
    const state = connection.state.value;
    const delay = state.kind === "waiting" ? state.until - timing.now() : 0;
    connection.retryNow();
    return delay;
  };
  equal([delayAfter(0), delayAfter(0), delayAfter(5000), delayAfter(4999)], [500, 1000, 500, 1000]);
});

Deno.test("does not wait for a link that is gone", () => {
  const { timing, connection } = make();
  const [events, output] = [new CountingLink(), new CountingLink()];
  connection.add(events);
  connection.opened(events);
  connection.add(output);
  connection.lost(output);
  connection.remove(output);
  equal([connection.state.value.kind, timing.waiting], ["connected", 0]);
  connection.lost(output);
  equal(connection.state.value.kind, "connected");
});

Deno.test("a link that opens during the countdown brings the others back", () => {
  const { connection } = make();
  const [events, output] = [new CountingLink(), new CountingLink()];
  connection.add(events);
  connection.lost(events);
  connection.add(output);
  connection.opened(output);
  equal(events.opens, 2);
});
