import type { Command } from 'commander';
import { CdnError } from '#domain/errors.ts';
import type { OcaId } from '#domain/ids.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { saveIdentity } from '../control/identity.ts';
import { formatIdentity, parseIdentity } from '../control/identity-document.ts';
import { type FileSystem, replaceText } from '../platform/file-system.ts';

/** Whose identity, and where it lies. */
export interface IdentityTarget {
  readonly identityFile: string;
  /** Undefined where no configuration has been read. */
  readonly ocaId: OcaId | undefined;
}

interface IdentityCommands {
  readonly fileSystem: FileSystem;
  readonly print: (text: string) => void;
  /** Where `--identity-file` is not given, the configuration says it. */
  readonly target: (flags: { config: string; identityFile?: string }) => Promise<IdentityTarget>;
  readonly addConfig: (command: Command) => Command;
}

/** `oca identity request` and `oca identity install`: the private key is made here and stays here. */
export function addIdentity(program: Command, commands: IdentityCommands): void {
  const identity = program
    .command('identity')
    .description('The certificate that the control plane knows this appliance by.');
  const located = (command: Command) =>
    commands
      .addConfig(command)
      .option('--identity-file <file>', 'instead of identityFile of the configuration');
  located(identity.command('request'))
    .description('Makes a key beside the identity file and writes a request for its certificate.')
    .requiredOption('--out <file>', 'where the request (PKCS #10, PEM) goes')
    .action(async (flags: { config: string; identityFile?: string; out: string }) => {
      await writeRequest(await commands.target(flags), flags.out, commands);
    });
  located(identity.command('install'))
    .description('Joins the certificate with the key of the request into the identity file.')
    .argument('<certificate>', 'the certificate as it was issued, PEM')
    .action(async (certificate: string, flags: { config: string; identityFile?: string }) => {
      await install(await commands.target(flags), certificate, commands);
    });
}

/** The key of the last request; a request before it is void. */
const pendingKey = ({ identityFile }: IdentityTarget): string => `${identityFile}.key`;

async function writeRequest(
  target: IdentityTarget,
  out: string,
  { fileSystem, print }: IdentityCommands,
): Promise<void> {
  const { privateKey, csr } = await makeClientKey();
  await replaceText(fileSystem, pendingKey(target), privateKey, { isPrivate: true });
  await replaceText(fileSystem, out, csr);
  print(`${out}: have it signed, then: oca identity install CERTIFICATE\n`);
}

async function install(
  target: IdentityTarget,
  certificateFile: string,
  { fileSystem, print }: IdentityCommands,
): Promise<void> {
  const privateKey = await fileSystem.readText(pendingKey(target));
  if (privateKey === undefined)
    throw new CdnError('config-invalid', `${pendingKey(target)}: no key; oca identity request`);
  const certificate = await fileSystem.readText(certificateFile);
  if (certificate === undefined)
    throw new CdnError('config-invalid', `${certificateFile}: cannot be read`);
  const identity = parseIdentity(formatIdentity({ privateKey, certificate }));
  const { subject, notAfter } = identity;
  if (subject.role !== 'oca' || (target.ocaId !== undefined && subject.ocaId !== target.ocaId))
    throw new CdnError('config-invalid', `${certificateFile}: the certificate is not of this OCA`);
  await saveIdentity(target.identityFile, identity, fileSystem);
  await fileSystem.remove(pendingKey(target));
  print(`${target.identityFile}: ${subject.ocaId} until ${new Date(notAfter).toISOString()}\n`);
}
