import { formatCount } from './format.ts';
import type { OcaCard, Tone } from './oca-card.ts';

export interface SystemState {
  readonly tone: Tone;
  readonly text: string;
}

/** The one line of the header: what the whole fleet amounts to for a viewer. */
export function systemState(
  cards: readonly OcaCard[] | undefined,
  isReachable: boolean,
): SystemState {
  if (!isReachable) return { tone: 'bad', text: 'Control API unreachable' };
  if (!cards) return { tone: 'quiet', text: 'Connecting…' };
  if (cards.length === 0) return { tone: 'quiet', text: 'No OCA is declared' };
  const inService = cards.filter((card) => card.tone === 'good').length;
  if (inService === cards.length) {
    return { tone: 'good', text: `${formatCount(inService, 'OCA')} in service` };
  }
  return inService === 0
    ? { tone: 'bad', text: 'No OCA in service, CloudFront serves' }
    : { tone: 'warning', text: `${inService} of ${cards.length} OCAs in service` };
}
