import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { OcaId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { DeniedCertificate } from '#protocol/client-certificate.ts';
import { batchGet, batchWrite, isConditionMet, queryPartition } from './tables.ts';

/** The certificate that an OCA was given last. */
export interface IssuedCertificate {
  /** As in the certificate: hex, lower case, no leading zeros. */
  readonly serial: string;
  readonly expiresAt: EpochMs;
}

/**
 * Client certificates, in the fleet table:
 *
 *     pk                    sk            attributes
 *     oca#<ocaId>           certificate   serial, expiresAt
 *     denied-certificates   <serial>      reason, deniedAt, expiresAtSeconds: when the certificate ends, if that is known
 */
export interface CertificateStore {
  /** OCAs that were never given a certificate by the control plane are absent. */
  issued(ocaIds: readonly OcaId[]): Promise<Map<OcaId, IssuedCertificate>>;
  /** Notes the newest certificate of an OCA; one that ends sooner than the noted one changes nothing. */
  noteIssued(ocaId: OcaId, certificate: IssuedCertificate): Promise<void>;
  /** In the order of serials. */
  denied(): Promise<DeniedCertificate[]>;
  /** The entry goes by itself once the certificate has expired, where the caller knows when that is. */
  deny(certificate: DeniedCertificate, expiresAt?: EpochMs): Promise<void>;
  /** Takes a certificate off the list; one that does not stand there changes nothing. */
  allow(serial: string): Promise<void>;
}

const DENIED = 'denied-certificates';
const ISSUED = 'certificate';

export function certificateStore(client: DynamoDBDocumentClient, table: string): CertificateStore {
  return {
    async issued(ocaIds) {
      const keys = ocaIds.map((ocaId) => ({ pk: ocaPk(ocaId), sk: ISSUED }));
      const items = await batchGet(client, table, { keys });
      return new Map(
        items.map(({ pk, serial, expiresAt }) => [
          pk.slice(ocaPk('').length) as OcaId,
          { serial: serial as string, expiresAt: expiresAt as EpochMs },
        ]),
      );
    },
    async noteIssued(ocaId, { serial, expiresAt }) {
      const command = new PutCommand({
        TableName: table,
        Item: { pk: ocaPk(ocaId), sk: ISSUED, serial, expiresAt },
        ConditionExpression: 'attribute_not_exists(expiresAt) OR expiresAt <= :expiresAt',
        ExpressionAttributeValues: { ':expiresAt': expiresAt },
      });
      await isConditionMet(client.send(command));
    },
    async denied() {
      const items = await queryPartition(client, table, { pk: DENIED });
      return items.map(({ sk, reason, deniedAt }) => ({
        serial: sk,
        reason: reason as string,
        deniedAt: deniedAt as EpochMs,
      }));
    },
    async deny({ serial, reason, deniedAt }, expiresAt) {
      const expiresAtSeconds = expiresAt === undefined ? undefined : Math.ceil(expiresAt / 1000);
      const item = { pk: DENIED, sk: serial, reason, deniedAt, expiresAtSeconds };
      await client.send(new PutCommand({ TableName: table, Item: item }));
    },
    allow: (serial) => batchWrite(client, table, { deletes: [{ pk: DENIED, sk: serial }] }),
  };
}

const ocaPk = (ocaId: string) => `oca#${ocaId}`;
