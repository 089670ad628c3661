export type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'distributary-theme';

/** What the operator chose last; `system` when nothing was, or when storage is off limits. */
export function storedTheme(): ThemeChoice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

/** Shows the page in `choice` from now on. */
export function chooseTheme(choice: ThemeChoice): void {
  showTheme(choice);
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Storage is off limits: the choice holds until the page is left.
  }
}

export function showTheme(choice: ThemeChoice): void {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}
