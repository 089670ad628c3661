import { type Decoder, list, object, text } from './decode.ts';

/**
 * Dead Simple Signing Envelope: signs the exact bytes of a payload together with its type, so there is no canonical
 * JSON to disagree about. Source: DSSE v1.0.2, "protocol.md" and "envelope.md" of secure-systems-lab.
 */
export interface DsseEnvelope {
  readonly payloadType: string;
  /** Standard base64 of the payload's bytes. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

export type DsseVerdict = { ok: true; payload: string; keyId: string } | { ok: false };

const base64 = text({ pattern: /^[A-Za-z0-9+/]*={0,2}$/, lengthMax: 256 * 2 ** 20 });

export const dsseEnvelope: Decoder<DsseEnvelope> = object({
  payloadType: text({ lengthMax: 128 }),
  payload: base64,
  signatures: list(object({ keyid: text({ lengthMax: 128 }), sig: base64 }), { lengthMax: 16 }),
});

/** Wraps `payload` and signs it with each of these Ed25519 keys; one that the reader trusts is enough for it. */
export async function signEnvelope(
  payloadType: string,
  payload: string,
  ...keys: readonly { readonly kid: string; readonly privateKey: CryptoKey }[]
): Promise<DsseEnvelope> {
  const message = preAuthenticationEncoding(payloadType, utf8(payload));
  const signatures = keys.map(async ({ kid, privateKey }) => {
    const signature = await crypto.subtle.sign('Ed25519', privateKey, message);
    return { keyid: kid, sig: toBase64(new Uint8Array(signature)) };
  });
  return {
    payloadType,
    payload: toBase64(utf8(payload)),
    signatures: await Promise.all(signatures),
  };
}

/** The payload, if one signature by a trusted key holds and the type is the expected one. */
export async function openEnvelope(
  envelope: DsseEnvelope,
  payloadType: string,
  trustedKeys: ReadonlyMap<string, CryptoKey>,
): Promise<DsseVerdict> {
  if (envelope.payloadType !== payloadType) return { ok: false };
  const payload = fromBase64(envelope.payload);
  const message = preAuthenticationEncoding(payloadType, payload);
  for (const { keyid, sig } of envelope.signatures) {
    const key = trustedKeys.get(keyid);
    const isGenuine = key && (await crypto.subtle.verify('Ed25519', key, fromBase64(sig), message));
    if (isGenuine) return { ok: true, payload: new TextDecoder().decode(payload), keyId: keyid };
  }
  return { ok: false };
}

/** `DSSEv1 <length of type> <type> <length of payload> <payload>`, lengths in decimal bytes. */
function preAuthenticationEncoding(
  payloadType: string,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${payload.length} `);
  const encoding = new Uint8Array(head.length + payload.length);
  encoding.set(head);
  encoding.set(payload, head.length);
  return encoding;
}

const utf8 = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);

const ALPHABET = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PADDING = '='.charCodeAt(0);

/** Letters are written as bytes: a plan has tens of megabytes, for which `btoa` needs a string that takes ten times as long to make. */
function toBase64(binary: Uint8Array): string {
  const letters = new Uint8Array(Math.ceil(binary.length / 3) * 4);
  let written = 0;
  for (let index = 0; index < binary.length; index += 3) {
    const group =
      ((binary[index] ?? 0) << 16) | ((binary[index + 1] ?? 0) << 8) | (binary[index + 2] ?? 0);
    letters[written] = ALPHABET[group >> 18] ?? 0;
    letters[written + 1] = ALPHABET[(group >> 12) & 63] ?? 0;
    letters[written + 2] = ALPHABET[(group >> 6) & 63] ?? 0;
    letters[written + 3] = ALPHABET[group & 63] ?? 0;
    written += 4;
  }
  const absent = (3 - (binary.length % 3)) % 3;
  letters.fill(PADDING, letters.length - absent);
  return new TextDecoder().decode(letters);
}

function fromBase64(value: string): Uint8Array<ArrayBuffer> {
  const characters = atob(value);
  const binary = new Uint8Array(characters.length);
  for (let index = 0; index < binary.length; index += 1)
    binary[index] = characters.charCodeAt(index);
  return binary;
}
