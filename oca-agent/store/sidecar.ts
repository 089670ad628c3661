import type { Bytes } from '#domain/units.ts';
import { branded, decodeJson, list, literal, object, optional, text } from '#protocol/decode.ts';
import { etag, file, instant, sizeBytes, titleId } from '#protocol/fields.ts';
import type { AssetName } from './asset.ts';
import { CHUNK_BYTES } from './chunk-hashes.ts';

/** What is written beside an asset: enough to tell the index anew when it is lost, and which chunk has rotted. */
export interface Sidecar {
  readonly sizeBytes: Bytes;
  readonly names: readonly AssetName[];
  /** Base64 of the SHA-256 of each chunk, in order. Version 1 had none; a scrub adds them. */
  readonly chunkHashes?: readonly string[] | undefined;
}

/** The 43 letters and the = of 32 bytes in base64. */
type ChunkHash = string;
const HASH_LETTERS = 43;

/** Letter by letter, which takes a third of what a pattern takes: an index of millions is told anew by sidecars. */
function isChunkHash(value: string): value is ChunkHash {
  if (value.length !== HASH_LETTERS + 1) return false;
  for (let at = 0; at < HASH_LETTERS; at += 1) if (!IS_BASE64[value.charCodeAt(at)]) return false;
  return value.endsWith('=');
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** By char code. */
const IS_BASE64 = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(BASE64.includes(String.fromCharCode(code))),
);
const chunkHash = branded(isChunkHash, 'a SHA-256 in base64');
const VERSION = 2;
const sidecar = object({
  version: literal(1, VERSION),
  sizeBytes,
  names: list(
    object({ titleId, file, etag, contentType: text({ lengthMax: 128 }), fetchedAt: instant }),
  ),
  chunkHashes: optional(list(chunkHash)),
});

export function formatSidecar({ sizeBytes, names, chunkHashes }: Sidecar): string {
  const version = chunkHashes ? VERSION : 1;
  return `${JSON.stringify({ version, sizeBytes, names, chunkHashes })}\n`;
}

/** Undefined for what is no sidecar of ours. */
export function parseSidecar(content: string | undefined): Sidecar | undefined {
  const decoded = content === undefined ? undefined : decodeJson(sidecar, content);
  if (!decoded?.ok) return undefined;
  const { version, ...said } = decoded.value;
  const chunks = version === 1 ? undefined : Math.ceil(said.sizeBytes / CHUNK_BYTES);
  return said.chunkHashes?.length === chunks ? said : undefined;
}

/** It looks like ours, of a version that we do not know. */
export function isNewerSidecar(content: string | undefined): boolean {
  const version = content && /^\{"version":(\d{1,9}),/.exec(content)?.[1];
  return Number(version ?? 0) > VERSION;
}
