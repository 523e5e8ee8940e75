// The dialogs that nobody sees at first.

export { AboutDialog } from "./aboutDialog.tsx";
export { CopyJobDialog } from "./copyJobDialog.tsx";
export { KeysDialog } from "./keysDialog.tsx";
export { RunDialog } from "./runDialog.tsx";
