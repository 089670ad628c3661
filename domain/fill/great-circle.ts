export interface Location {
  readonly latitude: number;
  readonly longitude: number;
}

/** Mean radius of the Earth. Source: IUGG, via H. Moritz, "Geodetic Reference System 1980". */
const EARTH_RADIUS_KM = 6371.0088;

/** Distance along the surface, by the haversine formula. */
export function greatCircleKm(one: Location, other: Location): number {
  const latitudes = [radians(one.latitude), radians(other.latitude)] as const;
  const haversine =
    halfSineSquared(latitudes[1] - latitudes[0]) +
    Math.cos(latitudes[0]) *
      Math.cos(latitudes[1]) *
      halfSineSquared(radians(other.longitude - one.longitude));
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;
const halfSineSquared = (angle: number) => Math.sin(angle / 2) ** 2;
