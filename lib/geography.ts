import { type AwsRegion, type Continent, continentOf } from './config/regions.ts';

/**
 * Whom a continent without a region of its own turns to, nearest first. Route 53 knows no "Asia Pacific": Asia and
 * Oceania are two. Source of the order: submarine cable routes (Latin America lands in Florida, Africa's coasts in
 * Portugal and France, Oceania's in Singapore and the United States). Assumption: few viewers are in Antarctica.
 */
const neighbors: Readonly<Record<Continent, readonly Continent[]>> = {
  NA: ['NA', 'EU', 'AS', 'SA', 'OC', 'AF'],
  SA: ['SA', 'NA', 'EU', 'AF', 'AS', 'OC'],
  EU: ['EU', 'NA', 'AS', 'AF', 'SA', 'OC'],
  AF: ['AF', 'EU', 'AS', 'NA', 'SA', 'OC'],
  AS: ['AS', 'OC', 'EU', 'NA', 'AF', 'SA'],
  OC: ['OC', 'AS', 'NA', 'EU', 'SA', 'AF'],
};

export const CONTINENTS = Object.keys(neighbors) as Continent[];

/** The continent whose regions serve viewers on `continent`. */
export function servingContinent(continent: Continent, regions: readonly AwsRegion[]): Continent {
  const served = new Set(regions.map(continentOf));
  return neighbors[continent].find((candidate) => served.has(candidate)) ?? continent;
}
