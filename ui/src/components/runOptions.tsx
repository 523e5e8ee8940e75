import type { RunErrors, RunForm } from "../state/runForm.ts";
import { h, useState, type VNode } from "../view.ts";
import { Field } from "./field.tsx";

interface RunOptionsProps {
  form: RunForm;
  errors: RunErrors;
  onChange(part: Partial<RunForm>): void;
}

/** Everything about a job but its command. Folded at first, unless something in it is filled in. */
export function RunOptions({ form, errors, onChange }: RunOptionsProps): VNode {
  const isUsed = form.cwd + form.env + form.timeout + form.name + form.tags !== "" || !form.terminal;
  const [isOpen, setOpen] = useState(isUsed);
  const isWrong = (["cwd", "env", "tty", "timeout", "name", "tags"] as const).some((field) => errors[field]);
  return (
    <details class="options" open={isOpen || isWrong} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Options</summary>
      <div class="options-grid">
        <Text label="Name" field="name" hint="For people; the list shows it." {...{ form, errors, onChange }} />
        <Text label="Tags" field="tags" hint="Separated by commas." {...{ form, errors, onChange }} />
        <Text
          label="Working folder"
          field="cwd"
          hint="An absolute path. Empty: the home folder."
          isCode
          {...{ form, errors, onChange }}
        />
        <Text label="Time limit" field="timeout" hint="90, 10m or 2h. Empty: none." {...{ form, errors, onChange }} />
        <Field label="Environment" hint="One NAME=value a line." error={errors.env}>
          {(attributes) => (
            <textarea
              {...attributes}
              class="mono"
              rows={3}
              wrap="off"
              autocapitalize="off"
              autocomplete="off"
              spellcheck={false}
              value={form.env}
              onInput={(event) => onChange({ env: event.currentTarget.value })}
            />
          )}
        </Field>
        <TerminalChoice {...{ form, errors, onChange }} />
      </div>
    </details>
  );
}

interface TextProps extends RunOptionsProps {
  label: string;
  field: "name" | "tags" | "cwd" | "timeout";
  hint: string;
  isCode?: boolean;
}

function Text({ label, field, hint, isCode, form, errors, onChange }: TextProps): VNode {
  return (
    <Field label={label} hint={hint} error={errors[field]}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          class={isCode ? "mono" : ""}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          value={form[field]}
          onInput={(event) => onChange({ [field]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

function TerminalChoice({ form, errors, onChange }: RunOptionsProps): VNode {
  const size = (field: "cols" | "rows", label: string) => (
    <input
      type="number"
      class="size"
      aria-label={label}
      aria-invalid={errors.tty !== undefined}
      min={1}
      max={1000}
      value={form[field]}
      onInput={(event) => onChange({ [field]: event.currentTarget.value })}
    />
  );
  return (
    <fieldset class="field">
      <legend>Runs on</legend>
      <div class="choice">
        <label class="check">
          <input type="radio" name="tty" checked={form.terminal} onChange={() => onChange({ terminal: true })} />
          a terminal
        </label>
        {form.terminal && (
          <span class="sizes">
            {size("cols", "Columns")} × {size("rows", "Rows")}
          </span>
        )}
      </div>
      <label class="check">
        <input type="radio" name="tty" checked={!form.terminal} onChange={() => onChange({ terminal: false })} />
        pipes: faster, without colours
      </label>
      {errors.tty !== undefined && <p class="field-error">{errors.tty}</p>}
    </fieldset>
  );
}
