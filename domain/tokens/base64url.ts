const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const valueOfLetter = new Map([...ALPHABET].map((letter, value) => [letter.charCodeAt(0), value]));

/** Base64url without padding. Source: RFC 4648, section 5; RFC 7515, appendix C. */
export function encodeBase64Url(binary: Uint8Array): string {
  let text = '';
  for (let index = 0; index < binary.length; index += 3) {
    const [first = 0, second, third] = binary.subarray(index, index + 3);
    const group = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    if (second !== undefined) text += ALPHABET.charAt((group >> 6) & 63);
    if (third !== undefined) text += ALPHABET.charAt(group & 63);
  }
  return text;
}

/** The bytes of `text`, or undefined when it is not canonical base64url: one spelling for one value. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 === 1) return undefined;
  const binary = new Uint8Array((text.length * 3) >> 2);
  let bits = 0;
  let held = 0;
  let written = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = valueOfLetter.get(text.charCodeAt(index));
    if (value === undefined) return undefined;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      binary[written] = (held >> bits) & 0xff;
      written += 1;
    }
  }
  const leftOver = held & ((1 << bits) - 1);
  return leftOver === 0 ? binary : undefined;
}
