import { h, useId, type VNode } from "../view.ts";

interface FieldProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  /** Draws the control with these, so that its name, its hint and its error belong to it. */
  children(attributes: { id: string; "aria-invalid": boolean; "aria-describedby": string | undefined }): VNode;
}

/** A labelled control with what is wrong beside it. */
export function Field({ label, hint, error, children }: FieldProps): VNode {
  const id = useId();
  const describedBy = error !== undefined ? `${id}-error` : hint !== undefined ? `${id}-hint` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-invalid": error !== undefined, "aria-describedby": describedBy })}
      {error !== undefined
        ? <p id={`${id}-error`} class="field-error">{error}</p>
        : hint !== undefined && <p id={`${id}-hint`} class="field-hint">{hint}</p>}
    </div>
  );
}
