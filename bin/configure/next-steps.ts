import type { Config } from '../../lib/config/schema.ts';
import { hosts } from '../../lib/names.ts';
import { deployedRegions } from './region-presets.ts';
import type { Places } from './save.ts';
import { operatorFile } from './secret-files.ts';

/** What to type next, in order. docs/deploy.md tells what each does and what it costs. */
export function nextSteps(
  config: Config,
  { configFile, secretsFolder }: Places,
  operator: string,
): string[] {
  const environments = deployedRegions(config).map((region) => `aws://${config.account}/${region}`);
  const control = [
    `--control-url https://${hosts(config).control}`,
    `--certificate ${secretsFolder}/${operatorFile(operator)}`,
  ].join(' ');
  return [
    `npx cdk bootstrap -c config=${configFile} ${environments.join(' ')}`,
    `npm run deploy -- -c config=${configFile}`,
    `npx distributary keys install --config ${configFile} --secrets ${secretsFolder}`,
    `npx distributary ${control} fleet list`,
    ...(config.sites.length > 0
      ? [`npx distributary ${control} fleet sync --config ${configFile}`]
      : []),
  ];
}
