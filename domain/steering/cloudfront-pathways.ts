import type { CloudFrontId } from '../ids.ts';
import { rendezvousOrder } from '../placement/rendezvous.ts';

/**
 * Distributions that one session is given: its own, and one to leave for when the first fails or is full. More would
 * lengthen the token, which travels in every path. *Assumption.*
 */
const SESSION_DISTRIBUTIONS_MAX = 2;

/** The ids of so many distributions, in the order of their numbers. */
export const cloudFrontIds = (count: number): CloudFrontId[] =>
  Array.from(
    { length: count },
    (_, index): CloudFrontId => (index === 0 ? 'cloudfront' : `cloudfront-${index + 1}`),
  );

/**
 * The distributions of one session or OCA, best first: spread evenly over all, the same for the same key at every call,
 * and moved only as far as needed when distributions are added.
 */
export const cloudFrontOrder = (key: string, count: number): CloudFrontId[] =>
  rendezvousOrder(key, cloudFrontIds(count)).slice(0, SESSION_DISTRIBUTIONS_MAX);
