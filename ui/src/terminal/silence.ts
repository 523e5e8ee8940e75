import type { IParser } from "../../types/xterm.d.ts";

/**
 * Takes every question to the terminal away. While somebody types, whatever the terminal says goes to the job: an answer to
 * what a job printed long ago would look as if that person had typed it.
 */
export function silence(parser: IParser): void {
  const taken = () => true;
  // What are you, where is the cursor, which mode is set, how large is the window?
  for (const prefix of [undefined, ">", "="]) {
    parser.registerCsiHandler({ ...(prefix ? { prefix } : {}), final: "c" }, taken);
  }
  for (const prefix of [undefined, "?"]) {
    parser.registerCsiHandler({ ...(prefix ? { prefix } : {}), final: "n" }, taken);
  }
  for (const prefix of [undefined, "?"]) {
    parser.registerCsiHandler({ ...(prefix ? { prefix } : {}), intermediates: "$", final: "p" }, taken);
  }
  parser.registerCsiHandler({ prefix: ">", final: "q" }, taken);
  parser.registerCsiHandler({ final: "t" }, taken);
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, taken);
  parser.registerDcsHandler({ intermediates: "+", final: "q" }, taken);
  // Which colour is this? Setting one is no question.
  for (const code of [4, 10, 11, 12]) parser.registerOscHandler(code, (data) => data.split(";").includes("?"));
}
