import type { NewJob } from "../api/messages.ts";
import { asCommandLine, asRequest } from "../state/copyAs.ts";
import { h, type VNode } from "../view.ts";
import { CopyButton } from "./copyButton.tsx";
import { Dialog } from "./dialog.tsx";

/** The same job for a terminal: as a command line of srun, and as a request. */
export function CopyAsDialog({ job, base, onClose }: { job: NewJob; base: string; onClose(): void }): VNode {
  return (
    <Dialog title="Copy as a command" onClose={onClose}>
      <div class="dialog-body">
        <Snippet title="srun" text={asCommandLine(job)} />
        <Snippet title="curl" text={asRequest(job, location.origin + base)} />
        <p class="dim">
          {job.secretEnv === undefined
            ? "The file “token” holds a token of yours."
            : "The file “token” holds a token of yours. The values of secrets are left out."}
        </p>
      </div>
    </Dialog>
  );
}

function Snippet({ title, text }: { title: string; text: string }): VNode {
  return (
    <section class="snippet">
      <header>
        <h3>{title}</h3>
        <CopyButton label="Copy" text={() => text} />
      </header>
      <pre class="address" tabIndex={0}>{text}</pre>
    </section>
  );
}
