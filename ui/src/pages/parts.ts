// The parts of the page that are loaded when they are needed, each a file of its own. Few and large ones: a file by itself is
// compressed worse, and what two of them share becomes a file too.

/** The terminal is by far the largest part; the list does without. */
export const loadTerminal = async () => (await import("../components/outputPart.ts")).TerminalView;
export const loadPlayer = async () => (await import("../components/outputPart.ts")).PlayerView;

export const loadRunDialog = async () => (await import("../components/dialogPart.ts")).RunDialog;
export const loadCopyJob = async () => (await import("../components/dialogPart.ts")).CopyJobDialog;
export const loadKeys = async () => (await import("../components/dialogPart.ts")).KeysDialog;
export const loadAbout = async () => (await import("../components/dialogPart.ts")).AboutDialog;

export const loadSearch = async () => (await import("./pagePart.ts")).SearchPage;
export const loadNodes = async () => (await import("./pagePart.ts")).NodesPage;
export const loadUsers = async () => (await import("./pagePart.ts")).UsersPage;
export const loadTokens = async () => (await import("./pagePart.ts")).TokensPage;
export const loadAudit = async () => (await import("./pagePart.ts")).AuditPage;
export const loadPasswordDialog = async () => (await import("./pagePart.ts")).PasswordDialog;
