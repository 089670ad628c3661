import { CdnError } from '#domain/errors.ts';
import { isOcaId, isSiteId, type OcaId, type SiteId } from '#domain/ids.ts';

/** An instance of EC2, and the site whose role it has. Its id is the OCA's id. */
export interface Instance {
  readonly ocaId: OcaId;
  readonly siteId: SiteId;
}

/** The roles that may enrol: `<rolePrefix><siteId>` of one account. */
export interface OcaRoles {
  readonly accountId: string;
  readonly rolePrefix: string;
}

/** Source: Amazon EC2 User Guide, "Resource IDs": 8 or 17 hexadecimal digits. */
const INSTANCE_ID = /^i-[0-9a-f]{8}(?:[0-9a-f]{9})?$/;

/**
 * Who asks, out of the ARN that API Gateway verified by the request's signature:
 * `arn:aws:sts::<account>:assumed-role/<role>/<session>`. Where EC2 itself assumes a role for an instance, the session
 * is named after the instance (source: IAM User Guide, "Using instance profiles"), and the role trusts nobody but EC2.
 * @throws CdnError `credential-missing` without an ARN, `forbidden` for whoever is not an instance of a site's fleet.
 */
export function instanceOf(userArn: unknown, { accountId, rolePrefix }: OcaRoles): Instance {
  if (typeof userArn !== 'string')
    throw new CdnError('credential-missing', 'expected a request signed by an instance of a site');
  const [arn, partition, service, region, account, resource, ...more] = userArn.split(':');
  const [kind, role = '', session = '', ...deeper] = (resource ?? '').split('/');
  const siteId = role.slice(rolePrefix.length);
  const isRole =
    [arn, partition, service, region].join(':') === 'arn:aws:sts:' &&
    account === accountId &&
    kind === 'assumed-role' &&
    more.length + deeper.length === 0 &&
    role.startsWith(rolePrefix) &&
    isSiteId(siteId);
  if (!isRole || !INSTANCE_ID.test(session) || !isOcaId(session))
    throw new CdnError('forbidden', 'the signature is not of an instance of a site');
  return { ocaId: session, siteId };
}
