import { join } from 'node:path';
import type { AssetId } from '#domain/ids.ts';

/** `<groupId>.<row>` */
export type ParityName = string;

const PARITY_NAME = /^[0-9a-f]{32,64}\.\d{1,3}$/;

export const isParityName = (name: string): name is ParityName => PARITY_NAME.test(name);

/** The folders that every disk has. */
export const FOLDERS = ['objects', 'parity', 'retired', 'tmp'] as const;

export const objectsPath = (root: string): string => join(root, 'objects');
/** Where an asset lies among the objects. */
export const assetPlace = (assetId: AssetId): string => `${assetId.slice(0, 2)}/${assetId}`;
export const assetPath = (root: string, assetId: AssetId): string =>
  join(objectsPath(root), assetPlace(assetId));
export const parityPath = (root: string, name: ParityName): string =>
  join(root, 'parity', name.slice(0, 2), name);
export const retiredPath = (root: string, assetId: AssetId): string =>
  join(root, 'retired', assetId);
export const sidecarPath = (path: string): string => `${path}.json`;
