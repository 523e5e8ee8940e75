import type { Preferences } from "../state/preferences.ts";
import { h, type VNode } from "../view.ts";
import { KEYS } from "../texts/keys.ts";
import * as texts from "../texts/page.ts";
import { Dialog } from "./dialog.tsx";
import { useObservable } from "./useObservable.ts";

export function KeysDialog({ preferences, onClose }: { preferences: Preferences; onClose(): void }): VNode {
  const singleKeys = useObservable(preferences.singleKeys);
  return (
    <Dialog title={texts.keys} class="small" onClose={onClose}>
      <div class="dialog-body">
        <dl class={singleKeys ? "keys" : "keys off"}>
          {KEYS.map(({ keys, does }) => (
            <div key={does}>
              <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <label class="check">
          <input
            type="checkbox"
            checked={singleKeys}
            onChange={(event) => preferences.singleKeys.value = event.currentTarget.checked}
          />
          {texts.singleKeys}
        </label>
      </div>
    </Dialog>
  );
}
