import { type ComponentChildren, h, useState, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import { Dialog } from "./dialog.tsx";

interface FormDialogProps {
  title: string;
  action: string;
  /** Why it cannot be sent yet. */
  isReady: boolean;
  error: string | null;
  /** Resolves when the server has answered. */
  onSend(): Promise<void>;
  onClose(): void;
  children: ComponentChildren;
}

export function FormDialog({ title, action, isReady, error, onSend, onClose, children }: FormDialogProps): VNode {
  const [isSending, setSending] = useState(false);
  return (
    <Dialog title={title} class="small" onClose={onClose}>
      <form
        class="form"
        noValidate
        onSubmit={async (event) => {
          event.preventDefault();
          if (!isReady || isSending) return;
          setSending(true);
          await onSend();
          setSending(false);
        }}
      >
        <div class="dialog-body">
          {children}
          {error !== null && <p class="notice error" role="alert">{error}</p>}
        </div>
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>{common.cancel}</button>
          <button type="submit" class="button primary" disabled={!isReady || isSending}>{action}</button>
        </footer>
      </form>
    </Dialog>
  );
}

interface TextInputProps {
  value: string;
  type?: "text" | "password";
  autocomplete?: string;
  attributes: { id: string; "aria-invalid": boolean; "aria-describedby": string | undefined };
  isFirst?: boolean;
  onInput(value: string): void;
}

export function TextInput({ value, type, autocomplete, attributes, isFirst, onInput }: TextInputProps): VNode {
  return (
    <input
      {...attributes}
      type={type ?? "text"}
      autocomplete={autocomplete ?? "off"}
      autocapitalize="off"
      spellcheck={false}
      autofocus={isFirst ?? false}
      value={value}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}
