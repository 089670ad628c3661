import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { epochMs } from '#domain/units.ts';
import { decodeJson } from '#protocol/decode.ts';
import { type KeyDocument, keyDocument, publicHalves } from '#protocol/key-document.ts';
import { makeAuthority } from '../keys/authority-document.ts';
import { credentialDigest, makeCredential, makeKeyDocument } from '../keys/key-document.ts';
import { writeSecret } from '../keys/secret-file.ts';
import { sessionOf } from '../session.ts';
import { addKeysInstallCommand } from './keys-install.ts';
import { addKeysRotateCommand } from './keys-rotate.ts';
import { addKeysTrustedCommand } from './keys-trusted.ts';

export function addKeysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .description('signing keys and credentials: make them, and bring them to the deployment');
  keys
    .command('generate')
    .description(
      'print a secret document with two new Ed25519 key pairs, the one that signs and the next, for session-token-keys',
    )
    .action(generate);
  keys
    .command('public <file>')
    .description(
      'print the public halves of a secret document, as tokens.publicKeys and agents take them',
    )
    .action(showPublic);
  keys
    .command('credential')
    .description(
      "print an operator's new bearer secret for the playback API, and the digest for the secret named operator",
    )
    .action(makeOperatorCredential);
  keys
    .command('authority')
    .description('make an authority that signs the client certificates of OCAs and operators')
    .option('--name <text>', 'what its certificate calls it', 'Distributary client authority')
    .option(
      '--out <folder>',
      'write client-authority.json (secret) and client-authority.pem there, instead of printing the secret',
    )
    .addHelpText('after', AUTHORITY_HELP)
    .action(makeClientAuthority);
  addKeysInstallCommand(keys);
  addKeysRotateCommand(keys);
  addKeysTrustedCommand(keys);
}

const AUTHORITY_HELP = `
The secret document is the value of the secret <prefix>/client-authority; the certificate goes into clients.authorities
of the configuration. To change the authority: add the new certificate to clients.authorities and deploy, then replace
the secret; take the old certificate out when the last one that it signed has been renewed.`;

interface AuthorityOptions {
  readonly name: string;
  readonly out?: string;
}

async function makeClientAuthority(
  { name, out }: AuthorityOptions,
  command: Command,
): Promise<void> {
  const document = await makeAuthority({ name, now: epochMs(Date.now()) });
  if (out === undefined) {
    console.log(JSON.stringify(document, undefined, 2));
    return;
  }
  const secretFile = join(out, 'client-authority.json');
  const certificateFile = join(out, 'client-authority.pem');
  for (const file of [secretFile, certificateFile]) demandAbsent(file);
  writeSecret(secretFile, JSON.stringify(document));
  writeFileSync(certificateFile, document.certificate);
  sessionOf(command).print({ secretFile, certificateFile }, [
    `secret value in   ${secretFile} (keep it)`,
    `certificate in    ${certificateFile}, for clients.authorities:`,
    '    - |',
    ...document.certificate
      .trimEnd()
      .split('\n')
      .map((line) => `      ${line}`),
  ]);
}

/** An authority is never written over: every certificate that it signed would open nothing any more. */
function demandAbsent(file: string): void {
  if (existsSync(file)) throw new CdnError('config-invalid', `${file} is there already`);
}

async function generate(): Promise<void> {
  console.log(JSON.stringify(await makeKeyDocument(epochMs(Date.now())), undefined, 2));
}

function showPublic(file: string, _options: unknown, command: Command): void {
  const keys = publicHalves(readKeyDocument(file));
  sessionOf(command).print(
    keys,
    keys.map(({ kid, x }) => `- { kid: ${JSON.stringify(kid)}, x: ${JSON.stringify(x)} }`),
  );
}

function makeOperatorCredential(_options: unknown, command: Command): void {
  const credential = makeCredential();
  const secret = { credentialDigests: [credentialDigest(credential)] };
  sessionOf(command).print({ credential, secret }, [
    `credential (keep it): ${credential}`,
    `secret value:         ${JSON.stringify(secret)}`,
  ]);
}

function readKeyDocument(file: string): KeyDocument {
  const decoded = decodeJson(keyDocument, readFileSync(file, 'utf8'));
  // Faults are not told: they would quote the secret.
  if (!decoded.ok)
    throw new CdnError('message-invalid', `${file} is not a secret document with Ed25519 keys`);
  return decoded.value;
}
