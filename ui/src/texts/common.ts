// Every sentence and label that a person reads stands in this folder, by subject, and nowhere else (a lint rule sees to it).
// Plain constants, and functions where something is put in, so that a part of the page carries only the words it needs.

export const brand = "srun";
export const tryAgain = "Try again";
export const cancel = "Cancel";
export const close = "Close";
export const done = "Done";
export const copy = "Copy";
export const copied = "Copied";
export const notAllowedHere = "Not allowed here";
export const loadMore = "Load more";
export const loading = (what?: string) => what === undefined ? "Loading…" : `Loading ${what}…`;
export const didNotWork = "That did not work.";
export const unreachable = "The server cannot be reached.";
export const answeredWith = (status: number) => `The server answered with status ${status}.`;
export const placeOf = (place: number, total: number) => `${place} of ${total}`;
export const noHit = "No hit";
export const partFailed = "This part of the page could not be loaded.";
export const loadPageAgain = "Load the page again";

/** A key of the keyboard, drawn by whoever shows the sentence. */
export type Draw<T> = (name: string) => T;
