import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { GENERATED } from '../../kept-build.ts';

/**
 * The certificates that API Gateway trusts, in S3, before the stack that names them is made. A changed bundle has
 * another key, which is how API Gateway learns that it must read it anew.
 */
export const clientAuthorities = (scope: Construct, id: string, { clients }: Config): Asset =>
  new Asset(scope, id, { path: store(bundleOf(clients.authorities)) });

/** One after the other, with nothing between. Source: API Gateway Developer Guide, "Configuring your truststore". */
const bundleOf = (authorities: readonly string[]): string =>
  authorities.map((pem) => `${pem.trim()}\n`).join('');

/** Named by its content, so that several processes may write at once. */
function store(bundle: string): string {
  const digest = createHash('sha256').update(bundle).digest('hex').slice(0, 16);
  const file = join(GENERATED, `client-authorities-${digest}.pem`);
  if (existsSync(file)) return file;
  mkdirSync(GENERATED, { recursive: true });
  const aside = mkdtempSync(join(GENERATED, '.writing-'));
  writeFileSync(join(aside, 'bundle.pem'), bundle);
  renameSync(join(aside, 'bundle.pem'), file);
  rmSync(aside, { recursive: true });
  return file;
}
