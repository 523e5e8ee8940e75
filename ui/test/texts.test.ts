import plugin from "../tools/textsRule.ts";
import { count } from "../src/texts/format.ts";
import * as list from "../src/texts/list.ts";
import * as output from "../src/texts/output.ts";
import * as run from "../src/texts/run.ts";
import { equal } from "./assert.ts";

/** How many texts the lint rule finds. */
function texts(source: string, path = "/x/ui/src/a.tsx"): number {
  return Deno.lint.runPlugin(plugin, path, source).length;
}

Deno.test("a text outside of its folder is found, wherever it hides", () => {
  for (
    const source of [
      "const a = <p>stop</p>;",
      "const a = <p>{isOn ? 'yes' : other}</p>;",
      "const a = <p>{`${n} left`}</p>;",
      "const a = <b title='x' />;",
      "const a = <b aria-label={isOn ? `less` : more} />;",
      "const a = <Box empty='Nothing here.' />;",
      "const reason = 'That did not work.';",
      "tell({ title: `Remove ${name}?` });",
      "const words = { up: 'Up' };",
    ]
  ) equal([source, texts(source)], [source, 1]);
  equal(texts("const a = <p>stop</p>;", "/x/ui/src/texts/a.tsx"), 0);
});

Deno.test("what is for the program is no text", () => {
  for (
    const source of [
      'import { a } from "./Some file.ts";',
      "const a = <b class={isOn ? 'icon on' : 'icon'} type='button' />;",
      "const a = <p>{texts.word('jobs')} <kbd>a</kbd></p>;",
      "const a = <p>{can('stop') && kind === 'live' && other}</p>;",
      "if (event.key === 'Escape') throw new Error('the terminal has no rows');",
      "type A = { kind: 'one two' };",
      "headers.get('Link'); request('GET', `/api/jobs?${query}`);",
    ]
  ) equal([source, texts(source)], [source, 0]);
});

Deno.test("one is one, and many are many", () => {
  equal([0, 1, 2, 12_345].map((amount) => count(amount, "job", "jobs")), ["0 jobs", "1 job", "2 jobs", "12,345 jobs"]);
  equal([list.ask("stop", 1), list.ask("remove", 2)], ["Stop 1 job?", "Remove 2 jobs?"]);
  equal([output.jumpToBottom(0), output.jumpToBottom(1)], ["Jump to bottom", "Jump to bottom: 1 new line"]);
  equal([output.lines(1, false), output.lines(500, true)], ["1 line", "The first 500 lines"]);
  equal(run.wrong.secretValue(["A"]), "The value of A is missing.");
  equal(run.wrong.secretValue(["A", "B"]), "The values of A, B are missing.");
});
