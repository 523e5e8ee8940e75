import type { NewJob } from "../api/messages.ts";
import { asCommandLine, asRequest } from "../state/copyAs.ts";
import { h, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/copyAs.ts";
import { CopyButton } from "./copyButton.tsx";
import { Dialog } from "./dialog.tsx";

/** The same job for a terminal: as a command line of srun, and as a request. */
export function CopyAsDialog({ job, base, onClose }: { job: NewJob; base: string; onClose(): void }): VNode {
  return (
    <Dialog title={texts.title} onClose={onClose}>
      <div class="dialog-body">
        <Snippet title={common.brand} text={asCommandLine(job)} />
        <Snippet title={texts.curl} text={asRequest(job, location.origin + base)} />
        <p class="dim">
          {texts.tokenNote} {job.secretEnv !== undefined && texts.secretsLeftOut}
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
        <CopyButton label={common.copy} text={() => text} />
      </header>
      <pre class="address" tabIndex={0}>{text}</pre>
    </section>
  );
}
