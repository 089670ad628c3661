import { expect, test } from '@jest/globals';
import { type AssetReader, AssetReaderWithWayOut } from '../../../oca-agent/store/asset-reader.ts';
import { seededBytes } from '../fixtures/bytes.ts';

const content = seededBytes(800, 10_000);

/** Gives out `content`, up to `endsAt`, and fails from `failsAt` on. */
function readerOf({ failsAt = content.length, endsAt = content.length }): AssetReader & {
  isOpen: boolean;
} {
  return {
    isOpen: true,
    async read(buffer, position) {
      if (position >= failsAt)
        throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'read' });
      const part = content
        .subarray(position, Math.min(endsAt, position + 1000))
        .subarray(0, buffer.length);
      buffer.set(part);
      return part.length;
    },
    async close() {
      this.isOpen = false;
    },
  };
}

async function readAll(reader: AssetReader): Promise<Buffer> {
  const buffer = Buffer.alloc(content.length);
  for (let at = 0; at < buffer.length; ) {
    const readBytes = await reader.read(buffer.subarray(at), at);
    if (readBytes === 0) break;
    at += readBytes;
  }
  return buffer;
}

test.each([
  ['fails', readerOf({ failsAt: 4000 })],
  ['ends too early', readerOf({ endsAt: 4500 })],
])(
  'where the first source %s, the other goes on at the same place, and both are closed',
  async (_, first) => {
    const other = readerOf({});
    let closed = 0;
    const reader = new AssetReaderWithWayOut({
      sizeBytes: content.length,
      first,
      openOther: async () => other,
      onClose: () => {
        closed += 1;
      },
    });
    expect((await readAll(reader)).equals(content)).toBe(true);
    await reader.close();
    await reader.close();
    expect([first.isOpen, other.isOpen, closed]).toEqual([false, false, 1]);
  },
);

test('without another source the failure of the first is passed on, at every try', async () => {
  const reader = new AssetReaderWithWayOut({
    sizeBytes: content.length,
    first: readerOf({ failsAt: 0 }),
    openOther: async () => undefined,
    onClose: () => undefined,
  });
  await expect(reader.read(Buffer.alloc(10), 0)).rejects.toMatchObject({ code: 'EIO' });
  await expect(reader.read(Buffer.alloc(10), 0)).rejects.toMatchObject({ code: 'disk-failed' });
  await reader.close();
});
