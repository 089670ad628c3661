import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { CdnError } from '#domain/errors.ts';
import type { Address } from '../ground/address-plan.ts';
import type { Teardown } from '../processes/teardown.ts';

/** Listens, and stops with the run. @throws CdnError `address-taken` */
export async function listen(
  server: Server | HttpsServer,
  address: Address,
  teardown: Teardown,
): Promise<void> {
  const listening = Promise.withResolvers<void>();
  server.once('error', (cause) =>
    listening.reject(
      new CdnError(
        'address-taken',
        `${address.host}:${address.port} cannot be bound: ${cause.message}`,
        { cause },
      ),
    ),
  );
  server.listen(address.port, address.host, listening.resolve);
  await listening.promise;
  teardown.add('servers', () => closed(server));
}

function closed(server: Server | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
