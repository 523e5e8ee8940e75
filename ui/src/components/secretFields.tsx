import { h, type VNode } from "../view.ts";
import { CloseIcon } from "./icons.tsx";
import type { OptionProps } from "./runOptions.tsx";

/** Variables whose values are shown to nobody: not in the job, not in its output. */
export function SecretFields({ form, errors, onChange }: OptionProps): VNode {
  const set = (index: number, part: Partial<{ name: string; value: string }>) =>
    onChange({ secrets: form.secrets.map((secret, at) => at === index ? { ...secret, ...part } : secret) });
  return (
    <fieldset class="field all-columns">
      <legend>Secret environment</legend>
      {form.secrets.map((secret, index) => (
        <div class="secret" key={index}>
          <input
            type="text"
            class="mono"
            aria-label={`Name of secret ${index + 1}`}
            aria-invalid={errors.secretEnv !== undefined}
            placeholder="NAME"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            value={secret.name}
            onInput={(event) => set(index, { name: event.currentTarget.value })}
          />
          <input
            type="password"
            class="mono"
            aria-label={`Value of secret ${index + 1}`}
            placeholder="value"
            autocomplete="off"
            value={secret.value}
            onInput={(event) => set(index, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="icon-button"
            aria-label={`Leave out secret ${index + 1}`}
            onClick={() => onChange({ secrets: form.secrets.filter((_, at) => at !== index) })}
          >
            <CloseIcon />
          </button>
        </div>
      ))}
      {errors.secretEnv !== undefined && <p class="field-error">{errors.secretEnv}</p>}
      <div class="field-tools">
        <button
          type="button"
          class="button compact"
          onClick={() => onChange({ secrets: [...form.secrets, { name: "", value: "" }] })}
        >
          Add a secret
        </button>
        <span class="field-hint">The command gets it; the page shows only its name.</span>
      </div>
    </fieldset>
  );
}
