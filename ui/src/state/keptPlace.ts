import type { FindQuery } from "./find.ts";
import { EMPTY_FORM, type RunForm } from "./runForm.ts";

/** What a page that loads itself anew hands to the one that comes after it; the address holds the rest. */
export interface KeptPlace {
  draft: RunForm;
  /** How far the list was scrolled, and how many jobs it held. */
  list: { top: number; jobs: number };
  /** How the output of a job was read. */
  output: { job: string } & KeptReading | null;
}

export interface KeptReading {
  /** The first line in view, unless the end was followed. */
  offset: number | null;
  isTimed: boolean;
  find: FindQuery | null;
}

type TabStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "srun.place";

export function keepPlace(storage: TabStorage | null, place: KeptPlace): void {
  // Whatever is stored can be read by who comes to this machine later, so secrets are typed again.
  const secrets = place.draft.secrets.map(({ name }) => ({ name, value: "", isLost: true }));
  try {
    storage?.setItem(KEY, JSON.stringify({ ...place, draft: { ...place.draft, secrets } }));
  } catch {
    // Without storage the place is lost, as with any other reload.
  }
}

/** Once: a reload that somebody asks for begins where the browser says. */
export function takePlace(storage: TabStorage | null): KeptPlace | null {
  try {
    const place: unknown = JSON.parse(storage?.getItem(KEY) ?? "null");
    storage?.removeItem(KEY);
    return isPlace(place) ? { ...place, draft: knownParts(place.draft), output: knownReading(place.output) } : null;
  } catch {
    return null;
  }
}

/** The page that wrote it was another version. */
function isPlace(place: unknown): place is KeptPlace {
  const { draft, list, output } = (place ?? {}) as Partial<KeptPlace>;
  return typeof draft === "object" && typeof list?.top === "number" && typeof list.jobs === "number" &&
    (output === null || typeof output?.job === "string");
}

function knownReading(output: KeptPlace["output"]): KeptPlace["output"] {
  if (output === null) return null;
  const { job, offset, isTimed, find } = output;
  return {
    job,
    offset: typeof offset === "number" ? offset : null,
    isTimed: isTimed === true,
    find: typeof find?.text !== "string" ? null : {
      text: find.text,
      isRegex: find.isRegex === true,
      isCaseSensitive: find.isCaseSensitive === true,
    },
  };
}

function knownParts(draft: RunForm): RunForm {
  const known = Object.entries(EMPTY_FORM).map(([name, empty]) => {
    const kept = draft[name as keyof RunForm];
    return [name, typeof kept === typeof empty && Array.isArray(kept) === Array.isArray(empty) ? kept : empty];
  });
  const form = Object.fromEntries(known) as RunForm;
  // Nothing typed is recognized by being this very value.
  return JSON.stringify(form) === JSON.stringify(EMPTY_FORM) ? EMPTY_FORM : form;
}
