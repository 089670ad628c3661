import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import { main } from '../../../bin/distributary/main.ts';
import {
  OPERATOR_SAM,
  ocaNamed,
  type SecureControlApi,
  startSecureControlApi,
} from '../../local/gateway/secure-control-api.ts';

let api: SecureControlApi;
let operatorFile: string;
let printed: string[];
let complained: string[];
beforeAll(async () => {
  api = await startSecureControlApi();
  operatorFile = inFolder('operator.pem');
  writeFileSync(operatorFile, await api.identity(OPERATOR_SAM));
});
afterAll(() => api.stop());
beforeEach(() => {
  printed = [];
  complained = [];
  jest.spyOn(console, 'log').mockImplementation((line) => printed.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation((line) => complained.push(String(line)));
  jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((line) => complained.push(String(line)) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const inFolder = (name: string) => join(api.folder, name);
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  main(args, {
    DISTRIBUTARY_CONTROL_URL: api.url,
    DISTRIBUTARY_CERTIFICATE: operatorFile,
    DISTRIBUTARY_CA: api.serverCaFile,
    ...env,
  });
const certificateIn = (file: string) => new X509Certificate(readFileSync(file));

test('without a certificate, with a foreign one, or with a server that is not trusted, it says which and what to do', async () => {
  const foreignFile = inFolder('foreign.pem');
  const foreign = await makeAuthority({ name: 'clients', now: epochMs(Date.now()) });
  writeFileSync(foreignFile, await api.identity(OPERATOR_SAM, foreign));
  expect(await run(['fleet', 'list'], { DISTRIBUTARY_CERTIFICATE: '' })).toBe(1);
  expect(await run(['fleet', 'list', '--certificate', foreignFile])).toBe(1);
  expect(await run(['fleet', 'list'], { DISTRIBUTARY_CA: '' })).toBe(1);
  expect(complained).toEqual([
    expect.stringMatching(/^error: upstream-unreachable: .* --certificate/),
    expect.stringMatching(/^error: upstream-unreachable: .* --certificate/),
    expect.stringMatching(/^error: upstream-unreachable: .* --ca/),
  ]);
});

test('the certificate of an OCA is refused what is the operator’s', async () => {
  const file = inFolder('as-metro.pem');
  writeFileSync(file, await api.identity(ocaNamed('metro-1')));
  expect(await run(['fleet', 'list', '--certificate', file])).toBe(1);
  expect(complained).toEqual([expect.stringContaining('error: forbidden: ')]);
});

test('key and certificate may stand in two files', async () => {
  const pem = readFileSync(operatorFile, 'utf8');
  const at = pem.indexOf('-----BEGIN CERTIFICATE');
  writeFileSync(inFolder('alone.key'), pem.slice(0, at));
  writeFileSync(inFolder('alone.pem'), pem.slice(at));
  const args = ['fleet', 'list', '--certificate', inFolder('alone.pem')];
  expect(await run([...args, '--key', inFolder('alone.key')])).toBe(0);
  expect(await run([...args, '--key', inFolder('absent.key')])).toBe(1);
  writeFileSync(inFolder('other.key'), (await makeClientKey()).privateKey);
  expect(await run([...args, '--key', inFolder('other.key')])).toBe(1);
  expect(complained).toEqual([
    expect.stringContaining('credential-missing'),
    expect.stringContaining('credential-invalid'),
  ]);
});

test('for whom a certificate is, is asked for, once and in a form that can be', async () => {
  const out = ['--out', api.folder];
  expect(await run(['certificates', 'issue', ...out])).toBe(2);
  expect(await run(['certificates', 'issue', ...out, '--oca', 'a', '--operator', 'b'])).toBe(2);
  expect(await run(['certificates', 'issue', ...out, '--oca', 'cloudfront'])).toBe(2);
  expect(await run(['certificates', 'issue', ...out, '--operator', 'Sam I'])).toBe(2);
  expect(await run(['certificates', 'issue', ...out, '--oca', 'a', '--days', '500'])).toBe(2);
});

test('an OCA’s first identity is made here, for its owner alone, and the control plane notes it', async () => {
  const out = inFolder('issued');
  expect(await run(['certificates', 'issue', '--oca', 'metro-2', '--out', out])).toBe(0);
  const file = join(out, 'metro-2.pem');
  expect(statSync(file).mode & 0o077).toBe(0);
  const certificate = certificateIn(file);
  expect(certificate.subjectAltName).toBe('URI:urn:distributary:oca:metro-2');
  expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(file)))).toBe(true);
  expect(printed).toEqual([expect.stringContaining(file)]);
  expect(await run(['certificates', 'issue', '--oca', 'absent', '--out', out])).toBe(1);
  expect(complained).toEqual([expect.stringContaining('oca-not-found')]);
  expect(existsSync(join(out, 'absent.pem'))).toBe(false);
});

test('a request from elsewhere is signed, and its key stays there', async () => {
  const { csr, privateKey } = await makeClientKey();
  writeFileSync(inFolder('request.pem'), csr);
  const args = ['certificates', 'issue', '--oca', 'exchange-1', '--csr', inFolder('request.pem')];
  expect(await run([...args, '--out', api.folder])).toBe(0);
  const text = readFileSync(inFolder('exchange-1.pem'), 'utf8');
  expect(text).not.toContain('PRIVATE');
  expect(new X509Certificate(text).checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
});

test('the first operator’s certificate is made without a control plane, and opens it', async () => {
  const authorityFile = inFolder('authority.json');
  writeFileSync(authorityFile, JSON.stringify(api.clients));
  const offline = { DISTRIBUTARY_CONTROL_URL: 'https://127.0.0.1:1', DISTRIBUTARY_CERTIFICATE: '' };
  const args = ['certificates', 'issue', '--operator', 'alex', '--out', api.folder];
  expect(await run([...args, '--authority', authorityFile, '--days', '7'], offline)).toBe(0);
  const { validFromDate, validToDate } = certificateIn(inFolder('alex.pem'));
  expect((validToDate.getTime() - validFromDate.getTime()) / 86_400_000).toBeCloseTo(7, 1);
  expect(await run(['fleet', 'list', '--certificate', inFolder('alex.pem')])).toBe(0);
  writeFileSync(authorityFile, '{"certificate":"hunter2"}');
  expect(await run([...args, '--authority', authorityFile], offline)).toBe(1);
  expect(complained).toEqual([expect.not.stringContaining('hunter2')]);
});

test('a certificate is denied by its serial as programs print it, listed, and allowed again', async () => {
  const serial = '0A:BC:DE';
  expect(await run(['certificates', 'deny', serial])).toBe(2);
  expect(await run(['certificates', 'deny', serial, '--reason', 'laptop stolen'])).toBe(0);
  expect(await run(['certificates', 'list-denied'])).toBe(0);
  expect(printed.at(-1)).toMatch(/^SERIAL +SINCE +REASON\nabcde +\S+Z +laptop stolen$/);
  expect(await run(['certificates', 'allow', serial])).toBe(0);
  expect(await run(['certificates', 'list-denied', '--json'])).toBe(0);
  expect(JSON.parse(printed.at(-1) ?? '')).toEqual({ certificates: [] });
});

test('an authority is printed, or kept in files that are never written over', async () => {
  expect(await run(['keys', 'authority', '--json'])).toBe(0);
  const document = JSON.parse(printed[0] ?? '') as { certificate: string; privateKey: string };
  expect(new X509Certificate(document.certificate).ca).toBe(true);
  expect(document.privateKey).toContain('PRIVATE KEY');
  const out = inFolder('authority');
  expect(await run(['keys', 'authority', '--out', out, '--name', 'Ours'])).toBe(0);
  const secretFile = join(out, 'client-authority.json');
  const kept = readFileSync(secretFile, 'utf8');
  expect(statSync(secretFile).mode & 0o077).toBe(0);
  expect(certificateIn(join(out, 'client-authority.pem')).subject).toMatch(/^CN=Ours /);
  expect(printed[1]).toContain('      -----BEGIN CERTIFICATE-----');
  expect(printed[1]).not.toContain('PRIVATE');
  expect(await run(['keys', 'authority', '--out', out])).toBe(1);
  expect(readFileSync(secretFile, 'utf8')).toBe(kept);
});
