import { Observable } from "./observable.ts";

export type Theme = "system" | "light" | "dark";

/** What a person has chosen on this device. */
export class Preferences {
  readonly theme: Observable<Theme>;
  /** Shortcuts of a single letter disturb people who speak to their computer, so they can be turned off (WCAG 2.1.4). */
  readonly singleKeys: Observable<boolean>;
  /** Whether long lines go on in the next row. */
  readonly wraps: Observable<boolean>;
  /** Whether who uses this browser was let in by a name and a password the last time. */
  readonly usesPassword: Observable<boolean>;

  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem"> | null) {
    const theme = this.#read("srun.theme");
    this.theme = new Observable<Theme>(theme === "light" || theme === "dark" ? theme : "system");
    this.singleKeys = new Observable(this.#read("srun.singleKeys") !== "off");
    this.wraps = new Observable(this.#read("srun.wraps") !== "off");
    this.wraps.subscribe(() => this.#write("srun.wraps", this.wraps.value ? "on" : "off"));
    this.usesPassword = new Observable(this.#read("srun.signIn") === "password");
    this.usesPassword.subscribe(() => this.#write("srun.signIn", this.usesPassword.value ? "password" : "token"));
    this.theme.subscribe(() => this.#write("srun.theme", this.theme.value));
    this.singleKeys.subscribe(() => this.#write("srun.singleKeys", this.singleKeys.value ? "on" : "off"));
  }

  #read(key: string): string | null {
    try {
      return this.storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  #write(key: string, value: string): void {
    try {
      this.storage?.setItem(key, value);
    } catch {
      // Storage that is full or forbidden: the choice holds for as long as the page is open.
    }
  }
}
