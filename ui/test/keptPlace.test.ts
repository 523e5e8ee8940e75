import { keepPlace, takePlace } from "../src/state/keptPlace.ts";
import { EMPTY_FORM } from "../src/state/runForm.ts";
import { equal } from "./assert.ts";

function storage() {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

Deno.test("hands its place to the page after it, once, and no secret", () => {
  const tab = storage();
  const draft = { ...EMPTY_FORM, command: "make", secrets: [{ name: "TOKEN", value: "geheim" }] };
  const find = { text: "error", isRegex: false, isCaseSensitive: true };
  const output = { job: "j", offset: 4711, isTimed: true, find };
  const place = { draft, list: { top: 700, jobs: 240 }, output };
  keepPlace(tab, place);
  equal([...tab.values.values()].join().includes("geheim"), false);
  equal(takePlace(tab), { ...place, draft: { ...draft, secrets: [{ name: "TOKEN", value: "", isLost: true }] } });
  equal(takePlace(tab), null);
});

Deno.test("takes no more of another version's place than it knows", () => {
  const tab = storage();
  const list = { top: 0, jobs: 1 };
  tab.setItem("srun.place", JSON.stringify({ draft: { command: "ls", cols: 7, new: true }, list, output: null }));
  equal(takePlace(tab)?.draft, { ...EMPTY_FORM, command: "ls" });
  keepPlace(tab, { draft: EMPTY_FORM, list, output: null });
  equal(takePlace(tab)?.draft === EMPTY_FORM, true);
  const nothing = { offset: null, isTimed: false, find: null };
  for (const less of [{}, { isTimed: 1, find: { text: 2 } }, { offset: "3", find: [] }]) {
    tab.setItem("srun.place", JSON.stringify({ draft: {}, list, output: { job: "j", ...less } }));
    equal(takePlace(tab)?.output, { job: "j", ...nothing });
  }
  for (const wrong of ["", "{", "null", "3", '{"draft":{}}', JSON.stringify({ draft: {}, list, output: { job: 1 } })]) {
    tab.setItem("srun.place", wrong);
    equal([wrong, takePlace(tab)], [wrong, null]);
  }
  equal(takePlace(null), null);
});
