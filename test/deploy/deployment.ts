import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  ListStackResourcesCommand,
  paginateDescribeStacks,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { stringify } from 'yaml';
import { buildApp } from '../../lib/app.ts';
import { loadConfig } from '../../lib/config/load-config.ts';
import type { Config } from '../../lib/config/schema.ts';
import { type RawConfig, rawExample } from '../lib/example-config.ts';
import { cdk } from './cdk.ts';
import { MiniStack } from './ministack.ts';
import { resolved, type Stripped, strip, type Template } from './stripped-assembly.ts';

/** A stack as it was synthesized, whole. */
export interface AssembledStack {
  readonly name: string;
  readonly region: string;
  readonly template: Template;
}

/** A synthesized configuration, ready for the emulator. */
export interface Assembly {
  readonly config: Config;
  readonly configFile: string;
  readonly folder: string;
  readonly stacks: readonly AssembledStack[];
  /** What is not in the folder's templates any more. */
  readonly stripped: readonly Stripped[];
}

/** A resource as it was deployed. */
export interface DeployedResource {
  readonly region: string;
  readonly physicalId: string;
  /** From the template, with physical ids in place of references. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A resource of a template. */
export type WantedResource = Omit<DeployedResource, 'physicalId'> & {
  readonly physicalId: string | undefined;
};

/** A stack as it is deployed. */
export interface DeployedStack {
  readonly name: string;
  readonly region: string;
  readonly status: string;
}

/** A deployment of the example, changed, to an emulator of its own. */
export class Deployment {
  readonly emulator: MiniStack;
  readonly hostedZoneId: string;

  private constructor(emulator: MiniStack, hostedZoneId: string) {
    this.emulator = emulator;
    this.hostedZoneId = hostedZoneId;
  }

  /** The zone exists before the first deployment, as `config/example.yaml` demands. */
  static async start(): Promise<Deployment> {
    const { account, domain } = rawExample();
    const emulator = await MiniStack.start(account);
    const client = new Route53Client(emulator.client('us-east-1'));
    const { HostedZone } = await client.send(
      new CreateHostedZoneCommand({ Name: domain.name, CallerReference: 'before-deployment' }),
    );
    client.destroy();
    return new Deployment(emulator, String(HostedZone?.Id).replace('/hostedzone/', ''));
  }

  /** Synthesizes the example, changed by `edit`, and strips it. */
  assemble(name: string, edit: (config: RawConfig) => void = () => {}): Assembly {
    const folder = join(this.emulator.folder, name);
    mkdirSync(folder);
    const configFile = `${folder}.yaml`;
    const raw = rawExample((config) => {
      config.domain.hostedZoneId = this.hostedZoneId;
      edit(config);
    });
    writeFileSync(configFile, stringify(raw));
    const config = loadConfig(configFile);
    const stacks = buildApp(config, { outdir: folder })
      .synth()
      .stacks.map(({ stackName, environment, template }) => ({
        name: stackName,
        region: environment.region,
        // What the folder holds afterwards is not what was read here.
        template: structuredClone(template) as Template,
      }));
    return { config, configFile, folder, stacks, stripped: strip(folder) };
  }

  bootstrap({ stacks, config }: Assembly): Promise<string> {
    const environments = regionsOf(stacks).map((region) => `aws://${config.account}/${region}`);
    return cdk(this.emulator, ['bootstrap', ...environments]);
  }

  deploy({ folder }: Assembly): Promise<string> {
    const options = ['--require-approval', 'never', '--concurrency', '4', '--progress', 'events'];
    return cdk(this.emulator, ['deploy', '--all', '--app', folder, ...options]);
  }

  destroy({ folder }: Assembly): Promise<string> {
    const options = ['--force', '--concurrency', '4', '--progress', 'events'];
    return cdk(this.emulator, ['destroy', '--all', '--app', folder, ...options]);
  }

  /** Every stack of the emulator but the CDK's own, whatever became of it, but for those that are gone. */
  async stacks(regions: Iterable<string>): Promise<DeployedStack[]> {
    const found: DeployedStack[] = [];
    for (const region of regions) {
      const client = this.client(CloudFormationClient, region);
      for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
        for (const { StackName = '', StackStatus = '' } of Stacks) {
          if (StackName !== 'CDKToolkit' && StackStatus !== 'DELETE_COMPLETE')
            found.push({ name: StackName, region, status: StackStatus });
        }
      }
      client.destroy();
    }
    return found.toSorted((left, right) => left.name.localeCompare(right.name));
  }

  async resources(stack: string, region: string): Promise<StackResourceSummary[]> {
    const client = this.client(CloudFormationClient, region);
    const all: StackResourceSummary[] = [];
    let next: string | undefined;
    do {
      const page = await client.send(
        new ListStackResourcesCommand({
          StackName: stack,
          ...(next === undefined ? {} : { NextToken: next }),
        }),
      );
      all.push(...(page.StackResourceSummaries ?? []));
      next = page.NextToken;
    } while (next !== undefined);
    client.destroy();
    return all;
  }

  /** Physical ids of a stack's resources, by logical id; names of alarms that it has not. */
  async physicalIds({ name, region, template }: AssembledStack): Promise<Map<string, string>> {
    const summaries = await this.resources(name, region);
    const alarmNames = Object.entries(template.Resources).flatMap(([logicalId, { Properties }]) =>
      typeof Properties?.AlarmName === 'string' ? [[logicalId, Properties.AlarmName] as const] : [],
    );
    const deployed = summaries.map(
      ({ LogicalResourceId = '', PhysicalResourceId = '' }) =>
        [LogicalResourceId, PhysicalResourceId] as const,
    );
    return new Map([...alarmNames, ...deployed]);
  }

  /** Every resource of a type that was deployed, as the template has it. */
  async deployed(assembly: Assembly, type: string): Promise<DeployedResource[]> {
    const all = await this.wanted(assembly, type);
    return all.flatMap(({ physicalId, ...resource }) =>
      physicalId === undefined ? [] : [{ ...resource, physicalId }],
    );
  }

  /** Every resource of a type in the templates; those that were stripped have no physical id. */
  async wanted(assembly: Assembly, type: string): Promise<WantedResource[]> {
    const found: WantedResource[] = [];
    for (const stack of assembly.stacks) {
      const resources = Object.entries(stack.template.Resources);
      const ofType = resources.filter(([, { Type }]) => Type === type);
      if (ofType.length === 0) continue;
      const physicalIds = await this.physicalIds(stack);
      const isGone = new Set(
        assembly.stripped
          .filter((stripped) => stripped.stack === stack.name)
          .map(({ logicalId }) => logicalId),
      );
      for (const [logicalId, { Properties = {} }] of ofType) {
        found.push({
          region: stack.region,
          physicalId: isGone.has(logicalId) ? undefined : physicalIds.get(logicalId),
          properties: resolved(Properties, physicalIds) as WantedResource['properties'],
        });
      }
    }
    return found;
  }

  /** Where the HTTP API of a stack answers. `part` is the stack's name without the prefix. */
  async apiUrl({ stacks, config }: Assembly, part: string): Promise<string> {
    const stack = stacks.find(({ name }) => name === `${config.prefix}-${part}`);
    const summaries = stack ? await this.resources(stack.name, stack.region) : [];
    const api = summaries.find(({ ResourceType }) => ResourceType === 'AWS::ApiGatewayV2::Api');
    return `${this.emulator.url}/_aws/execute-api/${api?.PhysicalResourceId}/$default`;
  }

  /** A client of the SDK for one region of the emulator. */
  client<Client>(
    Client: new (configuration: ReturnType<MiniStack['client']>) => Client,
    region: string,
  ): Client {
    return new Client(this.emulator.client(region));
  }

  stop(): Promise<void> {
    return this.emulator.stop();
  }
}

/** Every region that has a stack, once. */
export const regionsOf = (stacks: readonly { readonly region: string }[]): string[] => [
  ...new Set(stacks.map(({ region }) => region)),
];
