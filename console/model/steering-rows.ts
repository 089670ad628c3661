import type { ExplainedCandidate, SteeringExplanation } from '#protocol/playback.ts';

/** Candidates as a player would try them; those that steering dropped come last. */
export const steeringRows = ({ candidates }: SteeringExplanation): ExplainedCandidate[] =>
  candidates.toSorted((one, other) => placeOf(one) - placeOf(other));

const placeOf = ({ rank }: ExplainedCandidate): number => rank ?? Number.MAX_SAFE_INTEGER;
