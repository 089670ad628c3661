import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { decodeJson } from '#protocol/decode.ts';
import {
  credentialDigest,
  type KeyDocument,
  keyDocument,
  makeCredential,
  makeKeyDocument,
  publicHalves,
} from '../keys/key-document.ts';
import { sessionOf } from '../session.ts';

export function addKeysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .description('signing keys and credentials; nothing is sent anywhere');
  keys
    .command('generate')
    .description(
      'print a secret document with a new Ed25519 key pair: for session-token-keys or fill-plan-keys',
    )
    .option(
      '--rotate <file>',
      'keep the keys of this secret document behind the new one, to verify',
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
      "print an operator's new bearer secret, and the digest for the secret named operator",
    )
    .action(makeOperatorCredential);
}

function generate({ rotate }: { rotate?: string }): void {
  const document = makeKeyDocument(rotate === undefined ? undefined : readKeyDocument(rotate));
  console.log(JSON.stringify(document, undefined, 2));
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
