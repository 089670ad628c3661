import { type FleetView, fleetView } from '#protocol/fleet-view.ts';
import {
  type SteeringExplanation,
  steeringExplanation,
  type TitleSummary,
  titleList,
} from '#protocol/playback.ts';
import type { OcaVerb } from '../model/fleet-action.ts';
import { CallError, getJson, postJson } from './http.ts';
import { type LocalOca, localOcas } from './local-ocas.ts';

export interface Fleet {
  readonly view: FleetView;
  /** Empty where the CDN does not run on this machine. */
  readonly localOcas: readonly LocalOca[];
}

/** The client that the steering panel explains: this machine. */
const CLIENT_ADDRESS = '127.0.0.1';

export async function loadFleet(signal: AbortSignal): Promise<Fleet> {
  const [view, local] = await Promise.all([
    getJson('/v1/ocas', fleetView, signal),
    loadLocalOcas(signal),
  ]);
  return { view, localOcas: local };
}

export const loadTitles = async (signal: AbortSignal): Promise<readonly TitleSummary[]> =>
  (await getJson('/v1/titles', titleList, signal)).titles;

export const loadExplanation = (
  titleId: string,
  signal: AbortSignal,
): Promise<SteeringExplanation> => {
  const query = new URLSearchParams({ ip: CLIENT_ADDRESS, title: titleId });
  return getJson(`/v1/explain?${query}`, steeringExplanation, signal);
};

export const requestFill = (): Promise<void> => postJson('/v1/plans', { window: 'now' });

/** @throws CallError */
export function requestOca(ocaId: string, verb: OcaVerb): Promise<void> {
  const id = encodeURIComponent(ocaId);
  return verb === 'stop' || verb === 'start'
    ? postJson(`/local/ocas/${id}/${verb}`)
    : postJson(`/v1/ocas/${id}/drain`, { draining: verb === 'drain' });
}

async function loadLocalOcas(signal: AbortSignal): Promise<readonly LocalOca[]> {
  try {
    return (await getJson('/local/processes', localOcas, signal)).ocas;
  } catch (error) {
    if (error instanceof CallError && error.status === 404) return [];
    throw error;
  }
}
