import { EVERYTHING, filterQuery, matches, parseFilter, typedFilter } from "../src/state/jobFilter.ts";
import { parsePlace, parseRoute } from "../src/state/route.ts";
import { equal } from "./assert.ts";
import { job } from "./fakes.ts";

Deno.test("a filter goes into the address and comes back", () => {
  const filter = parseFilter("status=problem&q=make+test&tag=nightly&node=b%201&by=ann&other=1");
  equal(filter, { text: "make test", statuses: ["failed", "timeout", "lost"], tag: "nightly", node: "b 1", by: "ann" });
  equal(parseFilter(filterQuery(filter)), filter);
  equal(filterQuery(EVERYTHING), "");
  equal(parseFilter("status=running,nonsense,lost").statuses, ["running", "lost"]);
});

Deno.test("filters events as the server filters lists", () => {
  const one = job(1, { tags: ["nightly"], node: "b1", createdBy: "ann", command: "Make" });
  const fits = (change: object) => matches(one, { ...EVERYTHING, ...change });
  equal([fits({ tag: "nightly" }), fits({ tag: "night" })], [true, false]);
  equal([fits({ node: "b1" }), fits({ node: "b2" })], [true, false]);
  equal([fits({ by: "ann" }), fits({ by: "bob" })], [true, false]);
  equal([fits({ text: "mAKE" }), fits({ text: "make it" })], [true, false]);
});

Deno.test("takes named filters out of what is typed, once they are whole", () => {
  equal(typedFilter("tag:nightly make by:ann "), { tag: "nightly", by: "ann", text: "make " });
  equal(typedFilter("tag:nigh"), { text: "tag:nigh" });
  equal(typedFilter("a:b "), { text: "a:b " });
});

Deno.test("reads every address of the page", () => {
  equal(parseRoute("/x/search", "/x", "?q=a%20b"), { page: "search", text: "a b" });
  equal(parseRoute("/audit", ""), { page: "audit" });
  equal(parseRoute("/jobs/1", "", "", "#at=17"), { page: "job", id: "1", place: { kind: "at", offset: 17 } });
  equal(parsePlace("#replay=1.5"), { kind: "replay", seconds: 1.5 });
  equal([parsePlace("#at=-1"), parsePlace("#at=1e9"), parsePlace("#else")], [null, null, null]);
});
