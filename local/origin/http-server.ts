import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CdnError } from '#domain/errors.ts';

/** Binds a server and returns its URL. @throws CdnError address-taken */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = `${host}:${port} is in use; choose another port`;
      reject(cause.code === 'EADDRINUSE' ? new CdnError('address-taken', taken, { cause }) : cause);
    });
    server.listen(port, host, () => {
      resolve(`http://${host}:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** Stops listening and ends every connection. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
