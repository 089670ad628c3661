import { type Command, InvalidArgumentError, Option } from 'commander';
import { isName, isOcaId } from '#domain/ids.ts';
import {
  type ClientIdentity,
  type DeniedCertificate,
  SERIAL_PATTERN,
  serialFromHex,
} from '#protocol/client-certificate.ts';
import { type Decoder, list, object, text } from '#protocol/decode.ts';
import { instant } from '#protocol/fields.ts';
import { type IssueOptions, issue } from '../certificates/issue.ts';
import { sessionOf, table } from '../session.ts';

const deniedCertificates: Decoder<{ readonly certificates: readonly DeniedCertificate[] }> = object(
  {
    certificates: list(
      object({ serial: text({ pattern: SERIAL_PATTERN }), reason: text(), deniedAt: instant }),
    ),
  },
);

const ISSUE_HELP = `
Without --csr the key is made here, and <folder>/<name>.pem holds key and certificate: the identityFile of an agent, or
what --certificate takes. With --csr it holds the certificate alone, for "oca identity install".
The first operator's certificate is signed with --authority: then nothing is sent, and the control plane knows nothing
of it. All others should come from the control API, which notes and logs each of them.`;

export function addCertificatesCommand(program: Command): void {
  const certificates = program
    .command('certificates')
    .description('client certificates, with which OCAs and operators ask the control API');
  addIssueCommand(certificates);
  certificates
    .command('deny <serial>')
    .description('let a certificate open nothing any more; in force within 10 s')
    .requiredOption('--reason <text>', 'why, for those who come after you')
    .action(deny);
  certificates
    .command('allow <serial>')
    .description('take a certificate off the deny list')
    .action(allow);
  certificates
    .command('list-denied')
    .description('list the certificates that open nothing')
    .action(listDenied);
}

function addIssueCommand(certificates: Command): void {
  certificates
    .command('issue')
    .description('have a certificate signed for an OCA or an operator')
    .addOption(new Option('--oca <id>', 'for this OCA').argParser(ocaOption).conflicts('operator'))
    .addOption(new Option('--operator <name>', 'for this operator').argParser(operatorOption))
    .requiredOption('--out <folder>', 'where the result is written, for its owner alone')
    .option(
      '--csr <file>',
      'a PKCS #10 request, PEM, made where the key is: "oca identity request"',
    )
    .option('--authority <file>', 'sign here with this secret document instead of asking')
    .addOption(
      new Option('--days <n>', 'with --authority: how long it lives').argParser(days).default(30),
    )
    .addHelpText('after', ISSUE_HELP)
    .action(issueCertificate);
}

interface IssueCommandOptions extends Omit<IssueOptions, 'identity'> {
  readonly oca?: ClientIdentity;
  readonly operator?: ClientIdentity;
}

async function issueCertificate(options: IssueCommandOptions, command: Command): Promise<void> {
  const identity = options.oca ?? options.operator;
  if (!identity) command.error("error: required option '--oca <id>' or '--operator <name>'");
  const session = sessionOf(command);
  const { file, notAfter } = await issue(session.control, { ...options, identity });
  session.print({ file, notAfter }, [
    `certificate in ${file}, until ${new Date(notAfter).toISOString()}`,
  ]);
}

async function deny(
  serial: string,
  { reason }: { reason: string },
  command: Command,
): Promise<void> {
  const session = sessionOf(command);
  const path = deniedPath(serial);
  const answer = await session.control.send(path, { method: 'PUT', body: { reason } });
  session.print(JSON.parse(answer), [`denied: ${serialFromHex(serial)}`]);
}

async function allow(serial: string, _options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  await session.control.send(deniedPath(serial), { method: 'DELETE' });
  session.print({ serial: serialFromHex(serial) }, [`allowed again: ${serialFromHex(serial)}`]);
}

/** Serials are taken as programs print them: in capitals, with colons, with leading zeros. */
const deniedPath = (serial: string): string =>
  `/v1/denied-certificates/${encodeURIComponent(serialFromHex(serial.replaceAll(':', '')))}`;

async function listDenied(_options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  const answer = await session.control.request(deniedCertificates, '/v1/denied-certificates');
  const rows = answer.certificates.map(({ serial, deniedAt, reason }) => [
    serial,
    new Date(deniedAt).toISOString(),
    reason,
  ]);
  session.print(answer, table([['SERIAL', 'SINCE', 'REASON'], ...rows]));
}

function ocaOption(id: string): ClientIdentity {
  if (isOcaId(id)) return { role: 'oca', ocaId: id };
  throw new InvalidArgumentError('Expected an OCA id: 1 to 63 of a-z, 0-9 and -.');
}

function operatorOption(name: string): ClientIdentity {
  if (isName(name)) return { role: 'operator', name };
  throw new InvalidArgumentError('Expected a name: 1 to 63 of a-z, 0-9 and -.');
}

/** The longest is what `clients.certificateDays` allows. */
function days(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1 && number <= 397) return number;
  throw new InvalidArgumentError('Expected a whole number from 1 to 397.');
}
