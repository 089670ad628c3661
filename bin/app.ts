import { App } from 'aws-cdk-lib/core';
import { errorCodeOf } from '#domain/errors.ts';
import { buildApp } from '../lib/app.ts';
import { loadConfig } from '../lib/config/load-config.ts';

/** The CDK CLI's entry point: `cdk synth -c config=FILE`. A faulty file costs one message and exit code 1. */
const file: unknown = new App({ autoSynth: false }).node.tryGetContext('config');
try {
  const config = loadConfig(typeof file === 'string' ? file : 'config/example.yaml');
  buildApp(config, { isValidated: true }).synth();
} catch (thrown) {
  if (errorCodeOf(thrown) !== 'config-invalid') throw thrown;
  console.error((thrown as Error).message);
  process.exitCode = 1;
}
