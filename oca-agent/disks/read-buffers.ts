/** As large as a chunk, the largest read of parity and scrub; larger ones get a buffer that is not kept. */
const KEPT_BYTES = 1024 * 1024;
/** Of all disks together: more are seldom under way at a time. */
const KEPT_MAX = 32;

const kept: Buffer[] = [];

/**
 * Runs `read` on a buffer that nobody else has, and copies what came to `target`. A read that is given up may still write
 * to its buffer one day: that must not be one that its owner uses for something else by then.
 */
export async function readApart(
  target: Uint8Array,
  read: (buffer: Uint8Array) => Promise<number>,
): Promise<() => number> {
  const isKept = target.length <= KEPT_BYTES;
  const whole =
    (isKept && kept.pop()) || Buffer.allocUnsafeSlow(isKept ? KEPT_BYTES : target.length);
  const readBytes = await read(whole.subarray(0, target.length));
  return () => {
    target.set(whole.subarray(0, readBytes));
    if (isKept && kept.length < KEPT_MAX) kept.push(whole);
    return readBytes;
  };
}
