import type { RunErrors, RunForm } from "../state/runForm.ts";

/** What every part of the run form takes: the form, what is wrong with it, and whom to tell of a change. */
export interface OptionProps {
  form: RunForm;
  errors: RunErrors;
  onChange(part: Partial<RunForm>): void;
}
