import { randomBytes } from 'node:crypto';
import type { Server, TlsOptions } from 'node:tls';
import type { ServerCertificate } from './http-server.ts';
import { HANDSHAKE_MS_MAX } from './http-server-limits.ts';

/**
 * TLS 1.3, and of TLS 1.2 what has forward secrecy and authenticates what it encrypts; nothing older. The client chooses among them,
 * because it knows whether it has AES in hardware. Sources: Mozilla, "Server Side TLS", intermediate configuration 5.7, without
 * its finite-field DHE; RFC 9325 §3.1.1, §4.2.
 */
const VERSIONS_AND_CIPHERS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  honorCipherOrder: false,
} as const satisfies TlsOptions;

/** What a server's secure context is made of, at first and with each new certificate. */
export const secureContextOptions = ({ certificate, privateKey }: ServerCertificate) => ({
  ...VERSIONS_AND_CIPHERS,
  cert: certificate,
  key: privateKey,
});

export const tlsServerOptions = (certificate: ServerCertificate) => ({
  ...secureContextOptions(certificate),
  ALPNProtocols: ['h2', 'http/1.1'],
  handshakeTimeout: HANDSHAKE_MS_MAX,
});

/** Node draws the keys of session tickets once: whoever got them could read all that was said. Source: RFC 9325 §3.4. */
const TICKET_KEYS_LIFETIME_MS = 86_400_000;
const TICKET_KEYS_BYTES = 48;

/** Draws new keys of session tickets each day, until the server closes. */
export function rotateTicketKeys(server: Server): void {
  const draw = () => server.setTicketKeys(randomBytes(TICKET_KEYS_BYTES));
  const timer = setInterval(draw, TICKET_KEYS_LIFETIME_MS).unref();
  server.once('close', () => clearInterval(timer));
}
