export const curl = "curl";
export const title = "Copy as a command";
export const tokenNote = "The file “token” holds a token of yours.";
export const secretsLeftOut = "The values of secrets are left out.";
