// The parts of the page that are loaded when they are needed, each a file of its own.

/** The terminal is by far the largest part; the list does without. */
export const loadTerminal = async () => (await import("../components/terminalView.tsx")).TerminalView;
export const loadPlayer = async () => (await import("../components/playerView.tsx")).PlayerView;
export const loadSearch = async () => (await import("./searchPage.tsx")).SearchPage;
export const loadNodes = async () => (await import("./nodesPage.tsx")).NodesPage;
export const loadUsers = async () => (await import("./accessPages.tsx")).UsersPage;
export const loadTokens = async () => (await import("./accessPages.tsx")).TokensPage;
export const loadAudit = async () => (await import("./accessPages.tsx")).AuditPage;
export const loadRunDialog = async () => (await import("../components/runDialog.tsx")).RunDialog;
export const loadPasswordDialog = async () => (await import("./accessPages.tsx")).PasswordDialog;
