import type { ParityDeclaration } from '#protocol/oca-registration.ts';
import { NO_PROTECTION, type Protection } from '../store/protection.ts';
import { ParityKeeper, type ParityOptions } from './parity-keeper.ts';

/**
 * What protects the store. Its groups are not read yet: {@link ParityKeeper.load} does that in the background.
 * @param options.parity absent, or without parity files: parity is off.
 */
export function openProtection(
  options: Omit<ParityOptions, 'parity'> & { readonly parity: ParityDeclaration | undefined },
): ParityKeeper | undefined {
  const { parity } = options;
  return parity && parity.parityFiles > 0 ? new ParityKeeper({ ...options, parity }) : undefined;
}

export const protectionOf = (keeper: ParityKeeper | undefined): Protection =>
  keeper ?? NO_PROTECTION;
