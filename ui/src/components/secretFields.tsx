import { h, type VNode } from "../view.ts";
import type { Secret } from "../state/runForm.ts";
import * as texts from "../texts/run.ts";
import { CloseIcon } from "./icons.tsx";
import type { OptionProps } from "./optionProps.ts";

/** Variables whose values are shown to nobody: not in the job, not in its output. */
export function SecretFields({ form, errors, onChange }: OptionProps): VNode {
  const set = (index: number, part: Partial<Secret>) =>
    onChange({ secrets: form.secrets.map((secret, at) => at === index ? { ...secret, ...part } : secret) });
  return (
    <fieldset class="field all-columns">
      <legend>{texts.secrets}</legend>
      {form.secrets.map((secret, index) => (
        <div class="secret" key={index}>
          <input
            type="text"
            class="mono"
            aria-label={texts.nameOfSecret(index + 1)}
            aria-invalid={errors.secretEnv !== undefined && secret.name.trim() === ""}
            placeholder={texts.NAME}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            value={secret.name}
            onInput={(event) => set(index, { name: event.currentTarget.value })}
          />
          <input
            type="password"
            class="mono"
            aria-label={texts.valueOfSecret(index + 1)}
            aria-invalid={errors.secretEnv !== undefined && secret.value === ""}
            aria-describedby={secret.isLost ? `secret-${index}` : undefined}
            placeholder={texts.value}
            autocomplete="off"
            value={secret.value}
            onInput={(event) => set(index, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="icon-button"
            aria-label={texts.leaveOutSecret(index + 1)}
            onClick={() => onChange({ secrets: form.secrets.filter((_, at) => at !== index) })}
          >
            <CloseIcon />
          </button>
          {secret.isLost && secret.value === "" && (
            <p id={`secret-${index}`} class="field-hint warn">{texts.typeSecretAgain}</p>
          )}
        </div>
      ))}
      {errors.secretEnv !== undefined && <p class="field-error">{errors.secretEnv}</p>}
      <div class="field-tools">
        <button
          type="button"
          class="button compact"
          onClick={() => onChange({ secrets: [...form.secrets, { name: "", value: "" }] })}
        >
          {texts.addSecret}
        </button>
        <span class="field-hint">{texts.secretHint}</span>
      </div>
    </fieldset>
  );
}
