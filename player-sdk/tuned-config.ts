/**
 * Player settings under which a failed pathway is left before a buffer of 6 s runs dry. With them and with steering that
 * leaves dead OCAs out, killing the OCA in use and then the next one stalls none of dash.js 5.2.1, hls.js 1.7.4 and
 * Shaka 5.2.12. Source: docs/measurements.md, "Failover of unmodified players".
 */

/** Longest wait for the first byte. Source: as above; the smallest round value that a loaded OCA never reached. */
const FIRST_BYTE_MS = 2500;
/** Pause before the one retry on the same pathway. Source: as above. */
const RETRY_DELAY_MS = 200;
/** Tries of one request over all pathways (Shaka walks them in turn). Source: as above. */
const SHAKA_ATTEMPTS_MAX = 4;

export interface TuningOptions {
  /** How far ahead of the playhead the player fetches. Left to the player when absent. */
  readonly bufferSeconds?: number;
}

/** The part of dash.js's settings that we set. */
export function dashSettings({ bufferSeconds }: TuningOptions = {}) {
  const retryAttempts = { MediaSegment: 1, InitializationSegment: 1, IndexSegment: 1 };
  const retryIntervals = {
    MediaSegment: RETRY_DELAY_MS,
    InitializationSegment: RETRY_DELAY_MS,
    IndexSegment: RETRY_DELAY_MS,
  };
  return {
    streaming: {
      fragmentRequestTimeout: FIRST_BYTE_MS,
      retryAttempts,
      retryIntervals,
      ...(bufferSeconds !== undefined && {
        buffer: {
          bufferTimeDefault: bufferSeconds,
          bufferTimeAtTopQuality: bufferSeconds,
          bufferTimeAtTopQualityLongForm: bufferSeconds,
        },
      }),
    },
  };
}

/** The part of hls.js's configuration that we set. */
export function hlsConfig({ bufferSeconds }: TuningOptions = {}) {
  return {
    fragLoadPolicy: hlsLoadPolicy(),
    playlistLoadPolicy: hlsLoadPolicy(),
    ...(bufferSeconds !== undefined && {
      maxBufferLength: bufferSeconds,
      maxMaxBufferLength: bufferSeconds,
    }),
  };
}

/** The part of Shaka's configuration that we set. */
export function shakaConfig({ bufferSeconds }: TuningOptions = {}) {
  return {
    manifest: { retryParameters: shakaRetryParameters() },
    streaming: {
      retryParameters: shakaRetryParameters(),
      ...(bufferSeconds !== undefined && { bufferingGoal: bufferSeconds }),
    },
  };
}

const hlsLoadPolicy = () => ({
  default: {
    maxTimeToFirstByteMs: FIRST_BYTE_MS,
    /** hls.js's own default: a slow transfer that moves is the rate adaptation's business. */
    maxLoadTimeMs: 120_000,
    timeoutRetry: { maxNumRetry: 0, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 1, retryDelayMs: RETRY_DELAY_MS, maxRetryDelayMs: RETRY_DELAY_MS },
  },
});

const shakaRetryParameters = () => ({
  connectionTimeout: FIRST_BYTE_MS,
  stallTimeout: FIRST_BYTE_MS,
  maxAttempts: SHAKA_ATTEMPTS_MAX,
  baseDelay: RETRY_DELAY_MS,
});
