import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { buildProgram } from '../../../oca-agent/cli/program.ts';
import { nodePlatform } from '../../../oca-agent/platform/node-platform.ts';
import { TestAuthority } from '../fixtures/identities.ts';
import { OCA_ID, TestSite } from '../fixtures/test-agent.ts';

let folder: string;
let authority: TestAuthority;
let printed: string;
const at = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-identity-'));
  authority = await TestAuthority.make();
  printed = '';
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function oca(...words: string[]): Promise<void> {
  const platform = nodePlatform();
  const program = buildProgram({
    platform,
    softwareVersion: 'test',
    configFile: at('agent.json'),
    print: (text) => {
      printed += text;
    },
    serve: async () => {},
  });
  await program.exitOverride().parseAsync(words, { from: 'user' });
  platform.httpClient.close();
}

const sign = async (ocaId: string) => {
  const csr = await readFile(at('oca.csr'), 'utf8');
  const { certificate } = await authority.grant(csr, { role: 'oca', ocaId: ocaId as OcaId });
  await writeFile(at('oca.crt'), certificate);
};
const request = () =>
  oca('identity', 'request', '--identity-file', at('id.pem'), '--out', at('oca.csr'));
const install = () => oca('identity', 'install', at('oca.crt'), '--identity-file', at('id.pem'));

test('a key is made and stays here, and its certificate joins it in a file for the owner alone', async () => {
  await request();
  expect((await stat(at('id.pem.key'))).mode & 0o777).toBe(0o600);
  await sign('metro-1');
  await install();
  expect(printed).toContain(`${at('id.pem')}: metro-1 until 20`);
  const identity = await readFile(at('id.pem'), 'utf8');
  expect((await stat(at('id.pem'))).mode & 0o777).toBe(0o600);
  expect(new X509Certificate(identity).checkPrivateKey(createPrivateKey(identity))).toBe(true);
  expect((await readdir(folder)).toSorted()).toEqual(['id.pem', 'oca.crt', 'oca.csr']);
});

test('a certificate for an older request, or for another OCA than the configured, is refused', async () => {
  await request();
  await sign('metro-1');
  await request();
  await expect(install()).rejects.toMatchObject({
    code: 'config-invalid',
    message: 'the certificate is of another key',
  });
  const site = await TestSite.build();
  await writeFile(at('agent.json'), site.configText());
  await site.stop();
  const config = JSON.parse(site.configText());
  await writeFile(at('agent.json'), JSON.stringify({ ...config, identityFile: at('id.pem') }));
  await oca('identity', 'request', '--out', at('oca.csr'));
  await sign('metro-1');
  await expect(oca('identity', 'install', at('oca.crt'))).rejects.toThrow('not of this OCA');
  await sign(OCA_ID);
  await oca('identity', 'install', at('oca.crt'));
  expect(printed).toContain(`${OCA_ID} until`);
});

test('a certificate without a request before it is refused', async () => {
  await expect(install()).rejects.toThrow('no key; oca identity request');
});
