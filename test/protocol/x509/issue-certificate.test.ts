import {
  createPrivateKey,
  generateKeyPairSync,
  X509Certificate as NodeCertificate,
} from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import { type AuthorityDocument, importAuthority } from '#protocol/x509/client-authority.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { issueCertificate } from '#protocol/x509/issue-certificate.ts';
import { pemOf } from '#protocol/x509/pem.ts';
import { x509Package } from '#protocol/x509/x509-package.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';

const DAY_MS = 86_400_000;
const NOW = epochMs(1_800_000_000_123);
const IDENTITY = { role: 'oca', ocaId: 'metro-1' as OcaId } as const;
const { crypto } = globalThis;

let document: AuthorityDocument;
beforeAll(async () => {
  document = await makeAuthority({ name: 'test', now: NOW });
});

const issue = async (csr: string, { now = NOW, lifetimeDays = 30 } = {}) => {
  const authority = await importAuthority(document);
  return issueCertificate({ csr, identity: IDENTITY, authority, lifetimeDays, now });
};

type KeyAlgorithm = Algorithm | EcKeyGenParams | RsaHashedKeyGenParams;

/** A request as other programs make it. */
async function requestWith(algorithm: KeyAlgorithm, signing: object, signer?: CryptoKey) {
  const { Pkcs10CertificateRequestGenerator } = await x509Package();
  const made = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const own = made as CryptoKeyPair;
  const keys = { publicKey: own.publicKey, privateKey: signer ?? own.privateKey };
  const signingAlgorithm = signing as { name: string; hash: string };
  const options = { name: 'CN=root', keys, signingAlgorithm };
  const request = await Pkcs10CertificateRequestGenerator.create(options, crypto);
  return pemOf('CERTIFICATE REQUEST', request.rawData);
}

const ecdsa = { name: 'ECDSA', hash: 'SHA-256' };
const rsa = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: 'SHA-256',
});

test.each([
  ['nothing', ''],
  ['text', 'please'],
  [
    'a request that is cut off',
    '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----',
  ],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
])('%s in place of a request is refused', async (_, csr) => {
  await expect(issue(csr)).rejects.toMatchObject({
    code: 'message-invalid',
    message: expect.stringContaining('PKCS #10'),
  });
});

test('a request that another key has signed is refused: its sender may not have the key', async () => {
  const other = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const csr = await requestWith({ name: 'ECDSA', namedCurve: 'P-256' }, ecdsa, other.privateKey);
  await expect(issue(csr)).rejects.toMatchObject({
    code: 'message-invalid',
    message: expect.stringContaining('signed with the key'),
  });
});

test.each([
  ['RSA of 1024 bits', rsa(1024), rsa(1024)],
  ['P-521', { name: 'ECDSA', namedCurve: 'P-521' }, ecdsa],
  ['Ed25519', { name: 'Ed25519' }, { name: 'Ed25519' }],
])('a key of %s is refused', async (_, algorithm, signing) => {
  const csr = await requestWith(algorithm, signing);
  await expect(issue(csr)).rejects.toMatchObject({
    code: 'message-invalid',
    message: expect.stringContaining('a key on P-256'),
  });
});

test.each([
  ['P-256', { name: 'ECDSA', namedCurve: 'P-256' }, ecdsa],
  ['P-384', { name: 'ECDSA', namedCurve: 'P-384' }, { name: 'ECDSA', hash: 'SHA-384' }],
  ['RSA of 2048 bits', rsa(2048), rsa(2048)],
])(
  'a key of %s is certified, under the name that we give and not the one it asks',
  async (_, algorithm, signing) => {
    const { certificate } = await issue(await requestWith(algorithm, signing));
    const read = new NodeCertificate(certificate);
    expect([read.subject, read.subjectAltName]).toEqual([
      'CN=metro-1',
      'URI:urn:distributary:oca:metro-1',
    ]);
  },
);

test('what is issued speaks for one client, opens nothing else, and is signed by the authority', async () => {
  const { privateKey, csr } = await makeClientKey();
  const issued = await issue(csr);
  const certificate = new NodeCertificate(issued.certificate);
  const authority = new NodeCertificate(document.certificate);
  expect(certificate.checkIssued(authority)).toBe(true);
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(issued).toMatchObject({
    notBefore: 1_800_000_000_000 - 5 * 60_000,
    notAfter: 1_800_000_000_000 + 30 * DAY_MS,
    serial: certificate.serialNumber.toLowerCase().replace(/^0+/, ''),
  });
  expect(certificate.validToDate.getTime()).toBe(issued.notAfter);
  expect(certificate.validFromDate.getTime()).toBe(issued.notBefore);
});

test('no two serials are the same', async () => {
  const { csr } = await makeClientKey();
  const serials = await Promise.all(
    Array.from({ length: 20 }, async () => (await issue(csr)).serial),
  );
  expect(new Set(serials).size).toBe(20);
  for (const serial of serials) expect(serial).toMatch(/^[1-9a-f][0-9a-f]{20,31}$/);
});

test('no certificate outlives its authority, and an authority that has run out signs nothing', async () => {
  const { csr } = await makeClientKey();
  const endsAt = new NodeCertificate(document.certificate).validToDate.getTime();
  const last = await issue(csr, { now: epochMs(endsAt - 5 * DAY_MS) });
  expect(last.notAfter).toBe(endsAt);
  await expect(issue(csr, { now: epochMs(endsAt) })).rejects.toMatchObject({
    code: 'config-invalid',
  });
});

const otherKey = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

test('an authority of two halves that do not belong together, or that may not sign, is refused unquoted', async () => {
  const { privateKey, csr } = await makeClientKey();
  const leaf = await issue(csr);
  const faulty = [
    { ...document, privateKey },
    { ...document, privateKey: otherKey('P-384') },
    { ...document, privateKey: 'hunter2' },
    { ...document, certificate: 'hunter2' },
    { certificate: leaf.certificate, privateKey },
  ];
  for (const one of faulty) {
    const refusal = await importAuthority(one).catch((thrown) => thrown);
    expect(refusal.code).toBe('config-invalid');
    expect(refusal.message).not.toContain('hunter2');
  }
});
