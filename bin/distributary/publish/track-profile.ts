/** Short names of codecs by the first part of their RFC 6381 parameter. */
const codecNames: Readonly<Record<string, string>> = {
  avc1: 'h264',
  avc3: 'h264',
  hvc1: 'h265',
  hev1: 'h265',
  dvh1: 'dolby-vision',
  dvhe: 'dolby-vision',
  av01: 'av1',
  vp09: 'vp9',
  mp4a: 'aac',
  'ac-3': 'ac3',
  'ec-3': 'eac3',
  opus: 'opus',
  wvtt: 'webvtt',
  stpp: 'ttml',
};
const channelNames: Readonly<Record<string, string>> = {
  '1': 'mono',
  '2': 'stereo',
  '6': '5.1',
  '8': '7.1',
};

/** A name for people and logs: `h264-720p`, `aac-stereo`, `webvtt`. */
export function trackProfile(track: {
  readonly codecs: string;
  readonly height?: number | undefined;
  readonly channels?: string | undefined;
}): string {
  const [first = ''] = track.codecs.split(/[.,]/);
  const codec = codecNames[first.toLowerCase()] ?? (first || 'unknown');
  if (track.height !== undefined) return `${codec}-${track.height}p`;
  if (track.channels === undefined) return codec;
  return `${codec}-${channelNames[track.channels] ?? `${track.channels}ch`}`;
}

const AUDIO_CODEC = /^(?:mp4a|ac-3|ec-3|opus|flac|alac|dts)/i;
const TEXT_CODEC = /^(?:wvtt|stpp)/i;

/** Which of a list's codecs carry the picture; an HLS variant names those of its audio group too. */
export const videoCodecs = (codecs: string): string =>
  codecs
    .split(',')
    .map((codec) => codec.trim())
    .filter((codec) => !AUDIO_CODEC.test(codec) && !TEXT_CODEC.test(codec))
    .join(',');

export const audioCodecs = (codecs: string): string =>
  codecs
    .split(',')
    .map((codec) => codec.trim())
    .filter((codec) => AUDIO_CODEC.test(codec))
    .join(',');
