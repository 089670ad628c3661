/** Textual encodings of RFC 7468: one block a key, a request or a certificate. */
export type PemLabel = 'PRIVATE KEY' | 'CERTIFICATE' | 'CERTIFICATE REQUEST';

const LINE_LENGTH = 64;

export function pemOf(label: PemLabel, der: ArrayBuffer): string {
  const base64 = btoa(
    Array.from(new Uint8Array(der), (byte) => String.fromCharCode(byte)).join(''),
  );
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The first block with this label; undefined when there is none, or it is not base64. */
export function derOf(label: PemLabel, pem: string): Uint8Array<ArrayBuffer> | undefined {
  const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`);
  const base64 = block.exec(pem)?.[1]?.replace(/\s/g, '');
  if (base64 === undefined) return undefined;
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
