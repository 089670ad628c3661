/** Runs before the first paint, so that a chosen theme never flashes. */
import { showTheme, storedTheme } from './theme-choice.ts';

showTheme(storedTheme());
