import type { Preferences, Theme } from "../state/preferences.ts";
import { h, type VNode } from "../view.ts";
import { useObservable } from "./useObservable.ts";

const THEMES: readonly { theme: Theme; label: string }[] = [
  { theme: "system", label: "System" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
];

export function ThemeSwitch({ preferences }: { preferences: Preferences }): VNode {
  const chosen = useObservable(preferences.theme);
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">Theme</legend>
      {THEMES.map(({ theme, label }) => (
        <label key={theme}>
          <input
            type="radio"
            name="theme"
            value={theme}
            checked={theme === chosen}
            onChange={() => preferences.theme.value = theme}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
