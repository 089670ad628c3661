/**
 * Media types by file name extension. Sources: IANA media types; RFC 8216 §4 (m3u8);
 * ISO/IEC 23009-1 annex C (mpd); RFC 4337 (mp4).
 */
export const MEDIA_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    mpd: 'application/dash+xml',
    m3u8: 'application/vnd.apple.mpegurl',
    mp4: 'video/mp4',
    m4v: 'video/mp4',
    m4a: 'audio/mp4',
    m4s: 'video/iso.segment',
    cmfv: 'video/mp4',
    cmfa: 'audio/mp4',
    cmft: 'application/mp4',
    ts: 'video/mp2t',
    vtt: 'text/vtt; charset=utf-8',
    ttml: 'application/ttml+xml',
    webm: 'video/webm',
    avif: 'image/avif',
    jpg: 'image/jpeg',
    jpeg: 'image/jpeg',
    png: 'image/png',
    svg: 'image/svg+xml',
    webp: 'image/webp',
    json: 'application/json',
    txt: 'text/plain; charset=utf-8',
  }),
);

/** The `Content-Type` of a file; `application/octet-stream` for an extension that we do not know. */
export function contentTypeOf(file: string): string {
  const extension = file.slice(file.lastIndexOf('.') + 1).toLowerCase();
  return MEDIA_TYPES.get(extension) ?? 'application/octet-stream';
}

/** Whether a file is a playback manifest or playlist: small, text, and short-lived in caches. */
export const isPlaybackManifest = (file: string): boolean => /\.(?:mpd|m3u8)$/i.test(file);
