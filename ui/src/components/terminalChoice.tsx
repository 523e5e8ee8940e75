import { h, type VNode } from "../view.ts";
import type { OptionProps } from "./runOptions.tsx";

export function TerminalChoice({ form, errors, onChange }: OptionProps): VNode {
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
