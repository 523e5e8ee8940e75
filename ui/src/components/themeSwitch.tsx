import type { Preferences, Theme } from "../state/preferences.ts";
import { h, type VNode } from "../view.ts";
import * as texts from "../texts/page.ts";
import { useObservable } from "./useObservable.ts";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function ThemeSwitch({ preferences }: { preferences: Preferences }): VNode {
  const chosen = useObservable(preferences.theme);
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">{texts.theme}</legend>
      {THEMES.map((theme) => (
        <label key={theme}>
          <input
            type="radio"
            name="theme"
            value={theme}
            checked={theme === chosen}
            onChange={() => preferences.theme.value = theme}
          />
          <span>{texts.themes[theme]}</span>
        </label>
      ))}
    </fieldset>
  );
}
