import { type Decoder, list, object, text, truth } from '#protocol/decode.ts';

/** An OCA whose process runs, or could run, on this machine. */
export interface LocalOca {
  readonly ocaId: string;
  readonly isRunning: boolean;
}

/** `GET /local/processes`. There is no such path where the CDN does not run on one machine. */
export const localOcas: Decoder<{ ocas: LocalOca[] }> = object({
  ocas: list(object({ ocaId: text({ lengthMax: 63 }), isRunning: truth })),
});
