import type { ApiClient } from "../api/client.ts";
import type { Job } from "../api/messages.ts";
import type { Observable } from "../state/observable.ts";
import { EMPTY_FORM, placeError, readForm, type RunErrors, type RunForm } from "../state/runForm.ts";
import { h, useEffect, useRef, useState, type VNode } from "../view.ts";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { RunOptions } from "./runOptions.tsx";
import { useObservable } from "./useObservable.ts";

interface RunDialogProps {
  client: ApiClient;
  draft: Observable<RunForm>;
  onStarted(job: Job): void;
  onClose(): void;
}

export function RunDialog({ client, draft, onStarted, onClose }: RunDialogProps): VNode {
  const form = useObservable(draft);
  const [errors, setErrors] = useState<RunErrors>({});
  const [isSending, setSending] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const change = (part: Partial<RunForm>) => draft.value = { ...draft.value, ...part };

  // The first field that is wrong, which may stand in the folded part.
  useEffect(() => element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [errors]);

  const submit = async () => {
    if (isSending) return;
    const read = readForm(draft.value);
    if ("errors" in read) return setErrors(read.errors);
    setSending(true);
    try {
      const job = await client.start(read.job);
      draft.value = EMPTY_FORM;
      onStarted(job);
    } catch (error) {
      setErrors(placeError(error));
      setSending(false);
    }
  };

  return (
    <Dialog title="Run a command" onClose={onClose}>
      <form
        ref={element}
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          void submit();
        }}
      >
        <div class="dialog-body">
          <Field label="Command" error={errors.command} hint="Runs in a shell (/bin/sh); several lines are a script.">
            {(attributes) => (
              <textarea
                {...attributes}
                class="mono"
                rows={Math.min(12, Math.max(3, form.command.split("\n").length))}
                autofocus
                autocapitalize="off"
                autocomplete="off"
                spellcheck={false}
                value={form.command}
                onInput={(event) => change({ command: event.currentTarget.value })}
              />
            )}
          </Field>
          <RunOptions form={form} errors={errors} onChange={change} />
          {errors.form !== undefined && <p class="notice error" role="alert">{errors.form}</p>}
        </div>
        <footer class="dialog-foot">
          <span class="dim wide-only">
            <kbd>Ctrl</kbd> or <kbd>⌘</kbd> + <kbd>Enter</kbd> runs it
          </span>
          <span class="spacer" />
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="button primary" disabled={isSending}>{isSending ? "Starting…" : "Run"}</button>
        </footer>
      </form>
    </Dialog>
  );
}
