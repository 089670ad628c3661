import { CdnError, type ErrorCode, isErrorCode } from '#domain/errors.ts';
import type { AssetId, OcaId } from '#domain/ids.ts';
import { type EpochMs, seconds } from '#domain/units.ts';
import { type CertificateGrant, certificateGrant } from '#protocol/client-certificate.ts';
import { type Decoder, decodeJson, describeFaults, object, text } from '#protocol/decode.ts';
import { type DsseEnvelope, dsseEnvelope } from '#protocol/dsse.ts';
import { type FillSources, fillSources } from '#protocol/fill-sources.ts';
import { type KeySet, keySet } from '#protocol/key-set.ts';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import {
  type OcaRegistration,
  type RegistrationReceipt,
  registrationReceipt,
} from '#protocol/oca-registration.ts';
import { type OcaReport, type ReportReceipt, reportReceipt } from '#protocol/oca-report.ts';
import { type PurgeList, purgeList } from '#protocol/purge.ts';
import { type RevokedSessionList, revokedSessionList } from '#protocol/revoked-sessions.ts';
import { type ClientResponse, type HttpClient, readBody } from '../platform/http-client.ts';

/** The control API as this OCA sees it. Every call throws CdnError with the control plane's own code when it refuses. */
export interface ControlPlane {
  register(registration: OcaRegistration): Promise<RegistrationReceipt>;
  report(report: OcaReport): Promise<ReportReceipt>;
  sendInventory(inventory: OcaInventory): Promise<void>;
  /** Undefined when there is nothing newer than `etag`. */
  plan(etag: string | undefined): Promise<{ envelope: DsseEnvelope; etag?: string } | undefined>;
  sources(assetIds: readonly AssetId[]): Promise<FillSources>;
  /** The keys in force, and the introductions of plan keys later than the one known. */
  keys(introducedAfter: EpochMs): Promise<KeySet>;
  /** Sessions whose tokens open nothing any more. */
  revokedSessions(): Promise<RevokedSessionList>;
  /** Purges later than that one. */
  purges(after: number): Promise<PurgeList>;
  /** A new certificate for the key that `csr` (PKCS #10, PEM) is of. */
  renewCertificate(csr: string): Promise<CertificateGrant>;
}

const ANSWER_SILENCE_MAX = seconds(10);
const ANSWER_BYTES_MAX = 16 * 2 ** 20;
/** Two million items of 300 bytes. Source: the limit in protocol/fill-plan.ts. */
const PLAN_BYTES_MAX = 800 * 2 ** 20;
const problemCode = object({ code: text({ lengthMax: 64 }) });

export function connectControlPlane(options: {
  readonly controlUrl: string;
  readonly ocaId: OcaId;
  /** One that shows the control plane who we are. */
  readonly httpClient: HttpClient;
}): ControlPlane {
  const base = `${options.controlUrl}/v1`;
  const oca = `${base}/ocas/${options.ocaId}`;
  const send = (
    method: 'GET' | 'PUT' | 'POST',
    url: string,
    extra: { message?: unknown; headers?: Record<string, string> } = {},
  ): Promise<ClientResponse> =>
    options.httpClient.send({
      method,
      url,
      headers: {
        accept: 'application/json',
        ...(extra.message === undefined ? {} : { 'content-type': 'application/json' }),
        ...extra.headers,
      },
      ...(extra.message === undefined ? {} : { body: JSON.stringify(extra.message) }),
      silenceMax: ANSWER_SILENCE_MAX,
    });
  return {
    register: async (message) => read(await send('PUT', oca, { message }), registrationReceipt),
    report: async (message) =>
      read(await send('POST', `${oca}/reports`, { message }), reportReceipt),
    async sendInventory(message) {
      await accepted(await send('PUT', `${oca}/inventory`, { message }));
    },
    async plan(etag) {
      const headers = etag === undefined ? {} : { 'if-none-match': etag };
      const response = await send('GET', `${oca}/plan`, { headers });
      if (response.status === 304) {
        response.discard();
        return undefined;
      }
      const envelope = await read(response, dsseEnvelope, PLAN_BYTES_MAX);
      const { etag: newEtag } = response.headers;
      return { envelope, ...(newEtag === undefined ? {} : { etag: newEtag }) };
    },
    sources: async (assetIds) =>
      read(await send('POST', `${oca}/sources`, { message: { assetIds } }), fillSources),
    keys: async (introducedAfter) =>
      read(await send('GET', `${base}/keys?introducedAfter=${introducedAfter}`), keySet),
    revokedSessions: async () =>
      read(await send('GET', `${base}/revoked-sessions`), revokedSessionList),
    purges: async (after) => read(await send('GET', `${base}/purges?after=${after}`), purgeList),
    renewCertificate: async (csr) =>
      read(await send('POST', `${oca}/certificate`, { message: { csr } }), certificateGrant),
  };
}

async function read<T>(
  response: ClientResponse,
  decoder: Decoder<T>,
  sizeBytesMax = ANSWER_BYTES_MAX,
): Promise<T> {
  const decoded = decodeJson(decoder, await accepted(response, sizeBytesMax));
  if (decoded.ok) return decoded.value;
  throw new CdnError('upstream-invalid', `control plane: ${describeFaults(decoded.faults)}`);
}

/** The body of a 2xx answer. */
async function accepted(
  response: ClientResponse,
  sizeBytesMax = ANSWER_BYTES_MAX,
): Promise<string> {
  const body = await readBody(response, sizeBytesMax);
  const { status } = response;
  if (status >= 200 && status < 300) return body;
  throw new CdnError(refusalCode(body), `control plane answered ${status}`, {
    details: { status },
  });
}

function refusalCode(body: string): ErrorCode {
  const decoded = decodeJson(problemCode, body);
  return decoded.ok && isErrorCode(decoded.value.code) ? decoded.value.code : 'upstream-invalid';
}
