const END = "SRUN_SCRIPT";

/**
 * What to send for a text that begins with `#!`: the shell would take that line for a comment. The script is given to its
 * interpreter as an open file, so nothing is left on the disk, and the terminal stays its standard input.
 */
export function commandOfScript(text: string): string {
  const [, interpreter] = /^#!\s*(\S.*?)\s*(?:\n|$)/.exec(text) ?? [];
  if (interpreter === undefined) return text;
  let end = END;
  while (text.split("\n").includes(end)) end += "_";
  return `exec ${words(interpreter)} /dev/fd/3 3<<'${end}'\n${text.replace(/\n?$/, "\n")}${end}\n`;
}

/** The script that was typed, of a job whose command was made from one; else the command. */
export function scriptOfCommand(command: string): string {
  const [, end, text] = /^exec [^\n]* \/dev\/fd\/3 3<<'(SRUN_SCRIPT_*)'\n(#![^]*?\n)\1\n$/.exec(command) ?? [];
  return end === undefined || text === undefined ? command : text;
}

/** The kernel takes what follows the program for one argument; so does this. */
function words(interpreter: string): string {
  const [, program = "", argument] = /^(\S+)(?:\s+(.*))?$/.exec(interpreter) ?? [];
  // `env` alone is meant to find a program, and with -S to split.
  const split = argument === undefined ? [] : /\/env$/.test(program) ? argument.split(/\s+/) : [argument];
  return [program, ...split].map(quote).join(" ");
}

/** One word for a shell. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
