import { useState } from 'preact/hooks';
import type { BaseUrl } from '../model/base-urls.ts';
import type { SystemState } from '../model/system-state.ts';
import { chooseTheme, storedTheme, type ThemeChoice } from '../theme/theme-choice.ts';
import { DarkThemeIcon, LightThemeIcon, Mark, SystemThemeIcon } from './icons.tsx';
import { StateMark } from './parts.tsx';

interface HeaderProps {
  readonly state: SystemState;
  readonly baseUrls: readonly BaseUrl[];
}

export function Header({ state, baseUrls }: HeaderProps) {
  return (
    <header class="header">
      <div class="brand">
        <Mark />
        <h1>Distributary</h1>
      </div>
      <div class="system-state" role="status">
        <StateMark tone={state.tone} text={state.text} />
      </div>
      <dl class="base-urls">
        {baseUrls.map(({ label, url }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{url.replace(/^https?:\/\//, '')}</dd>
          </div>
        ))}
      </dl>
      <ThemeSwitch />
    </header>
  );
}

const THEMES = [
  { choice: 'system', label: 'Theme of the system', Icon: SystemThemeIcon },
  { choice: 'light', label: 'Light theme', Icon: LightThemeIcon },
  { choice: 'dark', label: 'Dark theme', Icon: DarkThemeIcon },
] as const;

function ThemeSwitch() {
  const [theme, setTheme] = useState<ThemeChoice>(storedTheme);
  const choose = (choice: ThemeChoice) => {
    chooseTheme(choice);
    setTheme(choice);
  };
  return (
    <fieldset class="segments theme-switch">
      <legend class="visually-hidden">Theme</legend>
      {THEMES.map(({ choice, label, Icon }) => (
        <label key={choice} title={label}>
          <input
            type="radio"
            name="theme"
            value={choice}
            checked={theme === choice}
            onChange={() => choose(choice)}
          />
          <span>
            <Icon />
            <span class="visually-hidden">{label}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
