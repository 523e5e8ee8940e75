// What is loaded when it is needed, or while nobody waits: the output, because its terminal is half of the page and the list does
// without. It is one file. Each further one would be compressed by itself, and worse, and what two share becomes a file too.

export const loadTerminal = async () => (await import("../components/outputPart.ts")).TerminalView;
export const loadPlayer = async () => (await import("../components/outputPart.ts")).PlayerView;
