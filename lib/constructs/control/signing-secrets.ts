import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RemovalPolicy, SecretValue } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { type SecretKind, secretName } from '../../names.ts';

interface SecretRow {
  readonly id: string;
  readonly kind: SecretKind;
  readonly description: string;
  /** Read by the playback API, so every region of it has a copy. */
  readonly isReplicated: boolean;
  readonly initial: string;
}

const NO_KEYS = '{"keys":[]}';

const SECRETS: readonly SecretRow[] = [
  {
    id: 'SessionTokenKeys',
    kind: 'session-token-keys',
    description: 'Ed25519 keys of session tokens, as private JWKs: the first signs, all verify',
    isReplicated: true,
    initial: NO_KEYS,
  },
  {
    id: 'FillPlanKeys',
    kind: 'fill-plan-keys',
    description: 'Ed25519 keys of fill plans, as private JWKs, made and rotated by themselves',
    isReplicated: false,
    initial: NO_KEYS,
  },
  {
    id: 'Operator',
    kind: 'operator',
    description: 'SHA-256 digests of the credentials with which operators ask the playback API',
    isReplicated: true,
    initial: '{"credentialDigests":[]}',
  },
  {
    id: 'ClientAuthority',
    kind: 'client-authority',
    description: 'Certificate and key of the authority that signs for OCAs and operators, as PEM',
    isReplicated: false,
    initial: '{}',
  },
];

/**
 * The secrets of the control plane. Secrets Manager cannot generate Ed25519 keys, so each begins empty: nothing is
 * signed and nobody is an operator. After the first deployment the operator runs `npx distributary keys`, which makes
 * the keys and stores them, but for those of fill plans (key-rotation.ts); CloudFormation never looks at the value again, because what it wrote does not change.
 */
export class SigningSecrets extends Construct {
  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const { control, playback } = config.regions;
    const copies = playback.filter((region) => region !== control);
    for (const { id, kind, description, isReplicated, initial } of SECRETS) {
      new Secret(this, id, {
        secretName: secretName(config, kind),
        description,
        // Not a secret: an empty list.
        secretStringValue: SecretValue.unsafePlainText(initial),
        replicaRegions: isReplicated ? copies.map((region) => ({ region })) : [],
        removalPolicy: RemovalPolicy.RETAIN,
      });
    }
  }
}
