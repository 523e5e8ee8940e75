import { ApiError } from "../src/api/client.ts";
import { readDuration } from "../src/state/amounts.ts";
import { placeError, readForm } from "../src/state/readForm.ts";
import { EMPTY_FORM, formOf } from "../src/state/runForm.ts";
import { equal } from "./assert.ts";
import { job } from "./fakes.ts";

Deno.test("sends only what was filled in", () => {
  equal(readForm({ ...EMPTY_FORM, command: "make" }), { job: { command: "make", tty: { cols: 120, rows: 40 } } });
});

Deno.test("reads every option", () => {
  const form = {
    ...EMPTY_FORM,
    command: " a\nb ",
    cwd: " /srv ",
    env: "A=1\n\n B = x=y \n",
    terminal: false,
    cols: "",
    rows: "",
    timeout: "1.5m",
    name: " nightly ",
    tags: "a, b,,a",
  };
  equal(readForm(form), {
    job: {
      command: " a\nb ",
      cwd: "/srv",
      env: { A: "1", B: " x=y " },
      tty: false,
      timeout: 90,
      name: "nightly",
      tags: ["a", "b"],
    },
  });
});

Deno.test("says beside each field what is wrong", () => {
  const read = readForm({ ...EMPTY_FORM, command: " ", cwd: "srv", env: "A=1\nB", cols: "0", timeout: "soon" });
  if (!("errors" in read)) throw new Error("was accepted");
  equal(Object.keys(read.errors), ["command", "cwd", "env", "tty", "timeout"]);
  equal(read.errors.env, "Line 2 is not NAME=value.");
});

Deno.test("reads times as people write them", () => {
  equal(["90", "90s", " 10 m", "2h", "1d"].map(readDuration), [90, 90, 600, 7200, 86400]);
  equal(["0", "-1", "x", "1w"].map(readDuration), [null, null, null, null]);
  equal(readDuration("  "), undefined);
});

Deno.test("puts a refusal beside its field by name, by code, or by its words", () => {
  const place = (code: string, message: string, field: string | null = null) =>
    Object.keys(placeError(new ApiError(400, code, message, field)))[0];
  equal(place("invalid_field", "No.", "tags"), "tags");
  equal(place("invalid_command", "No.", "argv"), "command");
  equal(place("env_too_large", "No."), "env");
  equal(place("invalid_field", "The timeout must be more than 0."), "timeout");
  equal(place("queue_full", "Too many jobs."), "form");
  equal(placeError(new TypeError()), { form: "The job could not be started." });
});

Deno.test("offers what a job ran to be run again", () => {
  const form = formOf(
    job(1, { command: "echo 'it'\\''s' -n", argv: ["echo", "it's", "-n"], env: { A: "1" }, tty: false, timeout: 60 }),
  );
  equal([form.command, form.env, form.terminal, form.timeout], ["echo 'it'\\''s' -n", "A=1", false, "60"]);
});

Deno.test("the values of secrets are typed again, since nobody can read them", () => {
  const form = formOf(job(1, { secretEnv: ["TOKEN", "KEY"] }));
  equal(form.secrets.map(({ name, value, isLost }) => [name, value, isLost]), [["TOKEN", "", true], ["KEY", "", true]]);
  const read = readForm({
    ...form,
    secrets: form.secrets.map((one) => one.name === "KEY" ? { ...one, value: "k" } : one),
  });
  equal("errors" in read && read.errors, { secretEnv: "The value of TOKEN is missing." });
  const whole = readForm({ ...form, secrets: form.secrets.map((one) => ({ ...one, value: "v" })) });
  equal("job" in whole && whole.job.secretEnv, { TOKEN: "v", KEY: "v" });
});
