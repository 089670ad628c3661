import type { Bytes } from '#domain/units.ts';
import { decodeJson, list, literal, object, text } from '#protocol/decode.ts';
import { etag, file, instant, sizeBytes, titleId } from '#protocol/fields.ts';
import type { AssetName } from './asset.ts';

/** What is written beside an asset: enough to tell the index anew when it is lost. */
export interface Sidecar {
  readonly version: 1;
  readonly sizeBytes: Bytes;
  readonly names: readonly AssetName[];
}

const sidecar = object({
  version: literal(1),
  sizeBytes,
  names: list(
    object({ titleId, file, etag, contentType: text({ lengthMax: 128 }), fetchedAt: instant }),
  ),
});

export const formatSidecar = (size: Bytes, names: readonly AssetName[]): string =>
  `${JSON.stringify({ version: 1, sizeBytes: size, names })}\n`;

/** Undefined for what is no sidecar of ours. */
export function parseSidecar(content: string | undefined): Sidecar | undefined {
  const decoded = content === undefined ? undefined : decodeJson(sidecar, content);
  return decoded?.ok ? decoded.value : undefined;
}
