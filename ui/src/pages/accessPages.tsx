// One part of the page: who ever needs one of these needs the others.

export { AuditPage } from "./auditPage.tsx";
export { PasswordDialog } from "./passwordDialog.tsx";
export { TokensPage } from "./tokensPage.tsx";
export { UsersPage } from "./usersPage.tsx";
