import { h, useEffect, useState, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import { CopyIcon } from "./icons.tsx";

const SHOWN_FOR = 1500;

/** Puts a text on the clipboard and says whether that worked: it does not without HTTPS on another machine. */
export function CopyButton({ text, label }: { text(): string; label: string }): VNode {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => setState(await copyText(text()) ? "done" : "failed");
  return (
    <button type="button" class="button compact" onClick={() => void copy()}>
      <CopyIcon />
      <span role="status">{state === "idle" ? label : state === "done" ? common.copied : common.notAllowedHere}</span>
    </button>
  );
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
