/**
 * Counts the times that playback ran dry: a `waiting` after the picture had moved, and not because of a seek.
 * Returns how to stop.
 */
export function watchStalls(
  video: HTMLVideoElement,
  onCount: (stalls: number) => void,
): () => void {
  const watch = new AbortController();
  const { signal } = watch;
  let stalls = 0;
  let hasPlayed = false;
  video.addEventListener('playing', () => (hasPlayed = true), { signal });
  video.addEventListener('seeking', () => (hasPlayed = false), { signal });
  video.addEventListener(
    'waiting',
    () => {
      if (!hasPlayed || video.seeking || video.ended) return;
      stalls += 1;
      onCount(stalls);
    },
    { signal },
  );
  return () => watch.abort();
}
