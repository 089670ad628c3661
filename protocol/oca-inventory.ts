import type { AssetId, OcaId, TitleId } from '#domain/ids.ts';
import { type Decoder, list, literal, object, text } from './decode.ts';
import { assetId, ocaId, titleId } from './fields.ts';

/** `PUT /v1/ocas/<id>/inventory`: what an OCA holds now, verified. Sent whenever its digest changed. */
export interface OcaInventory {
  readonly version: 1;
  readonly ocaId: OcaId;
  /** SHA-256 over the sorted asset ids, each followed by a newline. */
  readonly digest: string;
  readonly titles: readonly { readonly titleId: TitleId; readonly assetIds: readonly AssetId[] }[];
}

export const ocaInventory: Decoder<OcaInventory> = object({
  version: literal(1),
  ocaId,
  digest: text({ pattern: /^[0-9a-f]{64}$/ }),
  titles: list(object({ titleId, assetIds: list(assetId, { lengthMax: 100_000 }) }), {
    lengthMax: 100_000,
  }),
});
