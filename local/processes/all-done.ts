/** Like `Promise.all`, but when it rejects nothing of it is still under way: what cleans up may rely on that. */
export async function allDone<const T extends readonly Promise<unknown>[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
