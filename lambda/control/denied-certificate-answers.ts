import { CdnError } from '#domain/errors.ts';
import { type DeniedCertificate, SERIAL_PATTERN } from '#protocol/client-certificate.ts';
import { object, text } from '#protocol/decode.ts';
import { requireOperator } from '../shared/caller.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import type { ControlContext } from './context.ts';

const DENIAL_BYTES_MAX = 4096;
const denial = object({ reason: text({ pattern: /\S/, lengthMax: 256 }) });

/** `GET /v1/denied-certificates`. */
export async function deniedAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  return jsonAnswer(200, { certificates: await context.certificates.denied() });
}

/** `PUT /v1/denied-certificates/{serial}`: the certificate opens nothing any more; authorizers hear of it within 10 s. */
export async function denyAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const caller = requireOperator(request);
  const serial = serialOf(request);
  if (serial === caller.serial)
    throw new CdnError('forbidden', 'this is the certificate that you ask with: use another one');
  const { reason } = decodeBody(request, denial, DENIAL_BYTES_MAX);
  const denied: DeniedCertificate = { serial, reason, deniedAt: context.clock.now() };
  await context.certificates.deny(denied);
  context.log('info', 'certificate.denied', { serial, reason, by: caller.serial });
  return jsonAnswer(200, denied);
}

/** `DELETE /v1/denied-certificates/{serial}`: takes it back. */
export async function allowAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const caller = requireOperator(request);
  const serial = serialOf(request);
  await context.certificates.allow(serial);
  context.log('info', 'certificate.allowed', { serial, by: caller.serial });
  return { status: 204, headers: { 'Cache-Control': 'no-store' }, body: '' };
}

function serialOf({ parameters: { serial = '' } }: HttpRequest): string {
  if (SERIAL_PATTERN.test(serial)) return serial;
  throw new CdnError(
    'request-invalid',
    `serial: expected hex in lower case without leading zeros, found ${serial}`,
  );
}
