// The pages that are not the list and a job.

export { AuditPage } from "./auditPage.tsx";
export { NodesPage } from "./nodesPage.tsx";
export { PasswordDialog } from "./passwordDialog.tsx";
export { SearchPage } from "./searchPage.tsx";
export { TokensPage } from "./tokensPage.tsx";
export { UsersPage } from "./usersPage.tsx";
