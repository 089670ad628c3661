import { expect, test } from '@jest/globals';
import { ArrivingBody } from '../../../../oca-agent/delivery/http-cache/arriving-body.ts';

const HELD_BYTES_MAX = 8;
/** Room for so many bytes. */
const room = () => {
  let heldBytes = 0;
  return (sizeBytes: number) => {
    heldBytes += sizeBytes;
    return heldBytes <= HELD_BYTES_MAX;
  };
};

/** An upstream's body of `count` chunks of four bytes, and how it ended. */
function upstream(count: number, failure?: Error) {
  const state = { sent: 0, isLetGo: false };
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (; state.sent < count; state.sent += 1) yield Uint8Array.of(state.sent, 0, 0, 0);
      if (failure) throw failure;
    } finally {
      state.isLetGo = true;
    }
  }
  return { state, body: body() };
}

const collect = async (body: ArrivingBody) => {
  const firstBytes: (number | undefined)[] = [];
  for await (const chunk of body.stream()) firstBytes.push(chunk[0]);
  return firstBytes;
};

test('a body that has room is kept whole, and its size is known at the end', async () => {
  const body = new ArrivingBody(undefined);
  expect(body.sizeBytes).toBeUndefined();
  expect(await body.takeIn(upstream(2).body, room())).toBe(true);
  expect(body.sizeBytes).toBe(8);
  for (let round = 0; round < 2; round += 1) expect(await collect(body)).toEqual([0, 1]);
  const buffer = new Uint8Array(3);
  expect([await body.read(buffer, 4), buffer[0]]).toEqual([3, 1]);
});

test('one that outgrows its room is not complete, and its first reader gets the rest as well', async () => {
  const body = new ArrivingBody(undefined);
  const { state, body: source } = upstream(5);
  expect(await body.takeIn(source, room())).toBe(false);
  expect(state).toEqual({ sent: 2, isLetGo: false });
  expect(await collect(body)).toEqual([0, 1, 2, 3, 4]);
});

test('when its first reader left before or after it outgrew its room, the upstream is let go', async () => {
  for (const when of ['before', 'after']) {
    const body = new ArrivingBody(undefined);
    const { state, body: source } = upstream(5);
    if (when === 'before') await body.abandon();
    await body.takeIn(source, room());
    if (when === 'after') await body.abandon();
    expect(state).toEqual({ sent: 2, isLetGo: true });
  }
});

test('a body whose first reader left is kept all the same while it has room', async () => {
  const body = new ArrivingBody(undefined);
  await body.abandon();
  expect(await body.takeIn(upstream(2).body, room())).toBe(true);
});

test('readers of a body that breaks off get the failure', async () => {
  const body = new ArrivingBody(100);
  const reading = body.read(new Uint8Array(1), 50);
  expect(await body.takeIn(upstream(1, new Error('lost')).body, () => true)).toBe(false);
  await expect(reading).rejects.toThrow('lost');
  await expect(collect(body)).rejects.toThrow('lost');
});
