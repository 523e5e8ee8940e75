import { h, type VNode } from "../view.ts";
import * as texts from "../texts/run.ts";
import type { OptionProps } from "./optionProps.ts";

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
      <legend>{texts.runsOn}</legend>
      <div class="choice">
        <label class="check">
          <input type="radio" name="tty" checked={form.terminal} onChange={() => onChange({ terminal: true })} />
          {texts.aTerminal}
        </label>
        {form.terminal && (
          <span class="sizes">
            {size("cols", texts.columns)} × {size("rows", texts.rows)}
          </span>
        )}
      </div>
      <label class="check">
        <input type="radio" name="tty" checked={!form.terminal} onChange={() => onChange({ terminal: false })} />
        {texts.pipes}
      </label>
      {errors.tty !== undefined && <p class="field-error">{errors.tty}</p>}
    </fieldset>
  );
}
