// What draws output.

export { PlayerView } from "./playerView.tsx";
export { TerminalView } from "./terminalView.tsx";
