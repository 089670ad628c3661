import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import {
  type Address,
  type AddressPlan,
  demandFreeAddresses,
  planAddresses,
} from '../../../local/ground/address-plan.ts';

const allOf = (plan: AddressPlan): string[] =>
  [
    plan.gateway,
    ...plan.ocas.flatMap((oca) => [oca.delivery, oca.management]),
    plan.edge,
    plan.cloudFront,
    plan.origin,
    plan.dynamodb,
    plan.secrets,
    plan.eventBus,
    plan.control,
  ].map(({ host, port }: Address) => `${host}:${port}`);

/** A listening server on a free port, and that port. */
async function occupied(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

test('a taken address is refused by a line that names it and says what to do', async () => {
  const { port, close } = await occupied();
  const plan = planAddresses(port, 3, 'aliases');
  await expect(demandFreeAddresses(plan)).rejects.toMatchObject({
    code: 'address-taken',
    message: expect.stringMatching(
      new RegExp(`^127\\.0\\.0\\.1:${port} is in use by another program; .* --port \\d+$`),
    ),
  });
  await close();
});

test('more OCAs than there are addresses for are refused', () => {
  expect(() => planAddresses(8080, 11, 'aliases')).toThrow('at most 10 OCAs');
});

test('with aliases every part has an address of its own on the base port, and the control API the next port', () => {
  const plan = planAddresses(8080, 3, 'aliases');
  expect(allOf(plan)).toEqual([
    '127.0.0.1:8080',
    '127.0.0.11:8080',
    '127.0.0.11:8081',
    '127.0.0.12:8080',
    '127.0.0.12:8081',
    '127.0.0.13:8080',
    '127.0.0.13:8081',
    '127.0.0.21:8080',
    '127.0.0.21:8081',
    '127.0.0.31:8080',
    '127.0.0.32:8080',
    '127.0.0.33:8080',
    '127.0.0.34:8080',
    '127.0.0.1:8081',
  ]);
});

test('without aliases every part has a port of its own behind the base port', () => {
  const plan = planAddresses(9000, 3, 'ports');
  expect(allOf(plan)).toEqual(
    Array.from({ length: 14 }, (_, index) => `127.0.0.1:${9000 + index}`),
  );
});
