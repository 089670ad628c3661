import { createServer } from 'node:net';
import { CdnError } from '#domain/errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Who listens where on this machine. */
export interface AddressPlan {
  /** `aliases`: one port, a loopback address each. `ports`: one address, a port each (macOS has 127.0.0.1 alone). */
  readonly mode: AddressMode;
  /** The console, the playback API and the control API. */
  readonly gateway: Address;
  /** The control API with mutual TLS, for agents and whoever has a client certificate. */
  readonly control: Address;
  readonly ocas: readonly { readonly delivery: Address; readonly management: Address }[];
  readonly edge: Address;
  /** CloudFront's own API, by the same program. */
  readonly cloudFront: Address;
  readonly origin: Address;
  readonly dynamodb: Address;
  readonly secrets: Address;
  readonly eventBus: Address;
}

export type AddressMode = 'aliases' | 'ports';

/** The console's address; the first OCA's, the edge's and the origin's in `aliases` mode. */
const LOOPBACK = '127.0.0.1';
const FIRST_OCA_ALIAS = 11;
const EDGE_ALIAS = 21;
const ORIGIN_ALIAS = 31;
const OCAS_MAX = EDGE_ALIAS - FIRST_OCA_ALIAS;

export function planAddresses(basePort: number, ocaCount: number, mode: AddressMode): AddressPlan {
  if (ocaCount > OCAS_MAX)
    throw new CdnError(
      'config-invalid',
      `one machine runs at most ${OCAS_MAX} OCAs, the configuration declares ${ocaCount}`,
    );
  const gateway = { host: LOOPBACK, port: basePort };
  return {
    mode,
    gateway,
    ...(mode === 'aliases' ? aliases(basePort, ocaCount) : ports(basePort, ocaCount)),
  };
}

function aliases(port: number, ocaCount: number): Omit<AddressPlan, 'mode' | 'gateway'> {
  const alias = (last: number, offset = 0): Address => ({
    host: `127.0.0.${last}`,
    port: port + offset,
  });
  return {
    ocas: Array.from({ length: ocaCount }, (_, index) => ({
      delivery: alias(FIRST_OCA_ALIAS + index),
      management: alias(FIRST_OCA_ALIAS + index, 1),
    })),
    edge: alias(EDGE_ALIAS),
    cloudFront: alias(EDGE_ALIAS, 1),
    origin: alias(ORIGIN_ALIAS),
    dynamodb: alias(ORIGIN_ALIAS + 1),
    secrets: alias(ORIGIN_ALIAS + 2),
    eventBus: alias(ORIGIN_ALIAS + 3),
    control: { host: LOOPBACK, port: port + 1 },
  };
}

function ports(basePort: number, ocaCount: number): Omit<AddressPlan, 'mode' | 'gateway'> {
  let port = basePort;
  const next = (): Address => {
    port += 1;
    return { host: LOOPBACK, port };
  };
  return {
    ocas: Array.from({ length: ocaCount }, () => ({ delivery: next(), management: next() })),
    edge: next(),
    cloudFront: next(),
    origin: next(),
    dynamodb: next(),
    secrets: next(),
    eventBus: next(),
    control: next(),
  };
}

/** `aliases` where the whole of 127.0.0.0/8 can be bound, else `ports`. */
export async function detectAddressMode(): Promise<AddressMode> {
  const refusal = await bindRefusal({ host: `127.0.0.${FIRST_OCA_ALIAS}`, port: 0 });
  return refusal === undefined ? 'aliases' : 'ports';
}

/**
 * Binds every address of the plan once, so that nothing is started that could not be finished.
 * @throws CdnError `address-taken`, naming the address and what to do.
 */
export async function demandFreeAddresses(plan: AddressPlan): Promise<void> {
  for (const address of allAddresses(plan)) {
    const refusal = await bindRefusal(address);
    if (refusal === undefined) continue;
    const reason =
      refusal === 'EADDRINUSE' ? 'is in use by another program' : `cannot be bound (${refusal})`;
    throw new CdnError(
      'address-taken',
      `${address.host}:${address.port} ${reason}; stop that program or choose another port: npm start -- --port ${plan.gateway.port + 1000}`,
    );
  }
}

export const urlOf = (address: Address): string => `http://${address.host}:${address.port}`;

function allAddresses(plan: AddressPlan): Address[] {
  const ocas = plan.ocas.flatMap((oca) => [oca.delivery, oca.management]);
  return [
    plan.gateway,
    ...ocas,
    plan.edge,
    plan.cloudFront,
    plan.origin,
    plan.dynamodb,
    plan.secrets,
    plan.eventBus,
    plan.control,
  ];
}

/** Why an address cannot be bound, as the system's error code; undefined when it can. */
function bindRefusal(address: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ ...address, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
