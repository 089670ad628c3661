import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import type { ClientIdentity } from '#protocol/client-certificate.ts';
import { publicHalves } from '#protocol/key-document.ts';
import { type AuthorityDocument, importAuthority } from '#protocol/x509/client-authority.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { issueCertificate } from '#protocol/x509/issue-certificate.ts';
import { siteDocuments } from '../../bin/distributary/fleet/site-documents.ts';
import { makeAuthority } from '../../bin/distributary/keys/authority-document.ts';
import { makeKeyDocument } from '../../bin/distributary/keys/key-document.ts';
import { continentOf } from '../../lib/config/regions.ts';
import { bucketName, secretName, stateMachineName } from '../../lib/names.ts';
import { registration } from '../lambda/support/fleet.ts';
import type { RawConfig } from '../lib/example-config.ts';
import { turnEverythingOn } from '../lib/switches.ts';
import { type AlarmProperties, type AlarmState, DrivenAlarm, SlotsOfTime } from './alarms.ts';
import { distributary } from './cdk.ts';
import { createComposites, deleteComposites } from './composites.ts';
import { ControlCaller } from './control-caller.ts';
import { type Assembly, Deployment, regionsOf } from './deployment.ts';
import { eventually } from './eventually.ts';
import { LEFT_OUT } from './left-out.ts';
import { notDeployed } from './not-deployed.ts';
import { KEPT_TYPES, nameOf, remainingNames } from './remains.ts';

jest.setTimeout(240_000);

const TITLE = 'city-at-night';
const MEDIA = 'local/media/city-at-night';

/** Long enough to look at all alarms, short enough to wait for. */
const FORGOTTEN_AFTER_MS = 8_000;

const TABLE = 'AWS::DynamoDB::GlobalTable';

const sessionKeys = await makeKeyDocument(epochMs(Date.now()));
const planKeys = await makeKeyDocument(epochMs(Date.now()));

let deployment: Deployment;
let example: Assembly;
let updated: Assembly;
let authority: AuthorityDocument;
let edit: (config: RawConfig) => void;

beforeAll(async () => {
  authority = await makeAuthority({ name: 'test authority', now: epochMs(Date.now()) });
  edit = (config) => {
    config.tokens.publicKeys = publicHalves(sessionKeys).map(({ kid, x }) => ({ kid, x }));
    config.clients.authorities = [authority.certificate];
  };
  deployment = await Deployment.start();
  example = deployment.assemble('example', edit);
});

afterAll(() => deployment?.stop());

test('cdk bootstrap and cdk deploy --all create every stack of the example', async () => {
  await deployment.bootstrap(example);
  await deployment.deploy(example);
  const created = await deployment.stacks(regionsOf(example.stacks));
  expect(created).toEqual(
    example.stacks
      .map(({ name, region }) => ({ name, region, status: 'CREATE_COMPLETE' }))
      .toSorted((left, right) => left.name.localeCompare(right.name)),
  );
});

test.each(
  notDeployed.leftOut.map(({ type, property }) => [`${property} of ${type}`, type, property]),
)('the emulator forgets the %s, which its own API takes', async (_, type, property) => {
  const leftOut = LEFT_OUT[`${type} ${property}`];
  if (!leftOut) throw new Error('left-out.ts does not know how to see that');
  const having = (await deployment.deployed(example, type)).filter(
    ({ properties }) => properties[property] !== undefined,
  );
  expect(having).not.toEqual([]);
  for (const resource of having) {
    expect(await leftOut.isThere(deployment, resource)).toBe(false);
    await leftOut.makeGood?.(deployment, resource);
    expect(await leftOut.isThere(deployment, resource)).toBe(leftOut.makeGood !== undefined);
  }
});

test('a title that is published comes to every origin, and into the catalog of every region', async () => {
  const { config, configFile } = example;
  const primary = deployment.client(SecretsManagerClient, config.regions.control);
  for (const [kind, document] of [
    ['session-token-keys', sessionKeys],
    ['fill-plan-keys', planKeys],
  ] as const) {
    const SecretId = secretName(config, kind);
    const SecretString = JSON.stringify(document);
    await primary.send(new PutSecretValueCommand({ SecretId, SecretString }));
  }
  const options = ['--title', TITLE, '--media', MEDIA, '--config', configFile];
  await distributary(deployment.emulator, ['publish', ...options]);
  const [, replica, ...furtherReplicas] = config.regions.origins;
  expect(await originsWith(`content/${TITLE}/manifest.mpd`)).toEqual([
    config.regions.control,
    replica,
    // The emulator copies along the first rule only: see not-deployed.json.
    ...furtherReplicas.slice(1),
  ]);
  for (const region of config.regions.playback) {
    const api = await deployment.apiUrl(example, `playback-${region}`);
    await eventually(async () => {
      const answer = await fetch(`${api}/v1/titles`);
      const { titles } = (await answer.json()) as { titles: { titleId: string }[] };
      return titles?.some(({ titleId }) => titleId === TITLE);
    });
  }
});

test('every alarm fires and clears on what CloudWatch has under the names that it reads', async () => {
  const alarms = await alarmsOf(example);
  expect(alarms).not.toEqual([]);
  const slots = new SlotsOfTime(alarms);
  for (const alarm of alarms) {
    const client = deployment.client(CloudWatchClient, alarm.region);
    const { firedAt, clearedAt } = await slots.play(client, alarm);
    expect([alarm.name, await alarm.stateAt(client, firedAt)]).toEqual([alarm.name, 'ALARM']);
    expect([alarm.name, await alarm.stateAt(client, clearedAt)]).toEqual([alarm.name, 'OK']);
    client.destroy();
  }
});

test('the emulator itself takes every alarm on one metric to ALARM and back to OK', async () => {
  const plain = (await alarmsOf(example)).filter(({ isMath }) => !isMath);
  expect(plain).not.toEqual([]);
  // Alarms on one metric share its datapoints, so that those above and those below exclude each other.
  for (const direction of ['Greater', 'Less']) {
    await fireAndClear(
      plain.filter(({ properties }) => properties.ComparisonOperator.startsWith(direction)),
    );
  }
});

test('every composite alarm fires on what it is made of, and clears with it', async () => {
  const alarms = await alarmsOf(example);
  const composites = await createComposites(deployment, { assembly: example, alarms });
  expect(composites).not.toEqual([]);
  for (const composite of composites) {
    const states = await composite.play();
    expect([composite.name, ...states]).toEqual([composite.name, 'OK', 'ALARM', 'OK']);
  }
  await deleteComposites(deployment, { composites, alarms });
});

test('the zone answers for players in every part of the world', async () => {
  const { domain, regions } = example.config;
  const records = await recordsOf(deployment.hostedZoneId);
  const named = (name: string) => records.filter(({ Name }) => Name === `${name}.`);
  const places = named(`play.${domain.name}`).map(({ Type, GeoLocation }) =>
    [Type, GeoLocation?.ContinentCode ?? GeoLocation?.CountryCode].join(' '),
  );
  const everywhere = ['NA', 'SA', 'EU', 'AF', 'AS', 'OC', '*'];
  expect(places.toSorted()).toEqual(
    ['A', 'AAAA'].flatMap((type) => everywhere.map((place) => `${type} ${place}`)).toSorted(),
  );
  const continents = new Set(regions.playback.map(continentOf));
  for (const continent of continents) {
    const inside = regions.playback.filter((region) => continentOf(region) === continent);
    const leaves = named(`${continent.toLowerCase()}.play.${domain.name}`);
    expect(leaves.map(({ Type, Weight, SetIdentifier }) => [Type, SetIdentifier, Weight])).toEqual(
      expect.arrayContaining(
        inside.flatMap((region) => [
          ['A', region, 100],
          ['AAAA', region, 100],
        ]),
      ),
    );
    expect(leaves.every(({ AliasTarget }) => AliasTarget?.EvaluateTargetHealth)).toBe(true);
  }
});

test('an OCA with a certificate registers and gets a signed plan; nobody gets in without one', async () => {
  const { config } = example;
  const control = await ControlCaller.of(deployment, example);
  const operator = await certificateOf({ role: 'operator', name: 'test' });
  const ocaId = 'metro-1' as OcaId;
  const oca = await certificateOf({ role: 'oca', ocaId });
  for (const site of siteDocuments(config)) {
    const answer = await control.ask('PUT /v1/sites/{siteId}', `/v1/sites/${site.siteId}`, {
      certificate: operator,
      body: site,
    });
    expect(answer).toMatchObject({ status: 200 });
  }
  const register = (certificate?: string) =>
    control.ask('PUT /v1/ocas/{ocaId}', `/v1/ocas/${ocaId}`, {
      ...(certificate === undefined ? {} : { certificate }),
      body: registration(ocaId, 'isp-metro'),
    });
  expect(await register()).toMatchObject({ status: 403 });
  const other = await certificateOf({ role: 'oca', ocaId: 'metro-2' as OcaId });
  expect(await register(other)).toMatchObject({ status: 403 });
  expect(await register(oca)).toMatchObject({ status: 200 });
  const plan = await eventually(async () => {
    const path = `/v1/ocas/${ocaId}/plan`;
    const answer = await control.ask('GET /v1/ocas/{ocaId}/plan', path, { certificate: oca });
    return answer.status === 200 && answer.json;
  });
  expect(plan.signatures).toHaveLength(1);
  const host = `${ocaId}.isp-metro.oca.${config.domain.name}.`;
  const addresses = await eventually(async () => {
    const records = (await recordsOf(deployment.hostedZoneId)).filter(({ Name }) => Name === host);
    return records.length === 2 && records.map(({ ResourceRecords }) => ResourceRecords);
  });
  expect(addresses).toEqual([[{ Value: '203.0.113.11' }], [{ Value: '2001:db8:ffff::11' }]]);
  // The emulator's own gateway passes no client certificate on: see not-deployed.json.
  const gateway = await deployment.apiUrl(example, 'control');
  expect((await fetch(`${gateway}/v1/ocas/${ocaId}/plan`)).status).toBe(403);
});

test('planning runs as the deployed state machine over every site', async () => {
  const { config } = example;
  const client = deployment.client(SFNClient, config.regions.control);
  const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({}));
  expect(stateMachines.map(({ name }) => name)).toEqual([stateMachineName(config, 'planning')]);
  const stateMachineArn = stateMachines[0]?.stateMachineArn;
  const input = JSON.stringify({ window: 'next' });
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input }));
  const status = await eventually(async () => {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    return execution.status !== 'RUNNING' && execution.status;
  });
  expect(status).toBe('SUCCEEDED');
});

test('an update with every switch on keeps all that holds state', async () => {
  const before = await stateOf(example);
  updated = deployment.assemble('updated', (config) => {
    edit(config);
    turnEverythingOn(config);
    config.alarms.originLatencyP95MaxMs = 400;
    config.regions.playback.push('sa-east-1');
  });
  await deployment.bootstrap(updated);
  await deployment.deploy(updated);
  const stacks = await deployment.stacks(regionsOf(updated.stacks));
  expect(stacks.map(({ name }) => name)).toEqual(updated.stacks.map(({ name }) => name).toSorted());
  const statuses = new Set(stacks.map(({ status }) => status));
  expect([...statuses].toSorted()).toEqual(['CREATE_COMPLETE', 'UPDATE_COMPLETE']);
  expect(await stateOf(updated)).toEqual(expect.arrayContaining(before));
  const leaves = (await recordsOf(deployment.hostedZoneId)).filter(
    ({ SetIdentifier, Name }) => SetIdentifier === 'sa-east-1' && Name?.startsWith('sa.play.'),
  );
  expect(leaves.map(({ Type }) => Type)).toEqual(['A', 'AAAA']);
  expect(await originsWith(`content/${TITLE}/manifest.mpd`)).not.toEqual([]);
  const api = await deployment.apiUrl(updated, `playback-${updated.config.regions.control}`);
  expect(await (await fetch(`${api}/v1/titles`)).text()).toContain(TITLE);
});

test('cdk destroy leaves what the templates retain, and nothing else', async () => {
  const kept = await retainedNames(updated);
  await deployment.destroy(updated);
  expect(await deployment.stacks(regionsOf(updated.stacks))).toEqual([]);
  expect(await remainingNames(deployment, updated)).toEqual(kept);
});

/** Physical ids of what holds state, and of tables the id that each has from its creation. */
async function stateOf(assembly: Assembly): Promise<string[]> {
  const found: string[] = [];
  for (const type of ['AWS::S3::Bucket', 'AWS::SecretsManager::Secret']) {
    const resources = await deployment.deployed(assembly, type);
    found.push(...resources.map(({ physicalId }) => physicalId));
  }
  for (const { region, physicalId } of await deployment.deployed(assembly, TABLE)) {
    const client = deployment.client(DynamoDBClient, region);
    const { Table } = await client.send(new DescribeTableCommand({ TableName: physicalId }));
    found.push(`${physicalId} ${Table?.TableId}`);
    client.destroy();
  }
  return found;
}

/** Names of all that the templates retain, and that the emulator has. */
async function retainedNames(assembly: Assembly): Promise<string[]> {
  const names: string[] = [];
  for (const stack of assembly.stacks) {
    const physicalIds = await deployment.physicalIds(stack);
    for (const [logicalId, { DeletionPolicy = 'Delete', Type }] of Object.entries(
      stack.template.Resources,
    )) {
      const isKept = DeletionPolicy !== 'Delete' && KEPT_TYPES.includes(Type);
      if (isKept) names.push(nameOf(physicalIds.get(logicalId) ?? logicalId));
    }
  }
  return names.toSorted();
}

/** A certificate of the deployment's authority. */
async function certificateOf(identity: ClientIdentity): Promise<string> {
  const { csr } = await makeClientKey();
  const { certificate } = await issueCertificate({
    csr,
    identity,
    authority: await importAuthority(authority),
    lifetimeDays: 1,
    now: epochMs(Date.now()),
  });
  return certificate;
}

async function recordsOf(HostedZoneId: string): Promise<ResourceRecordSet[]> {
  const client = deployment.client(Route53Client, 'us-east-1');
  const { ResourceRecordSets = [] } = await client.send(
    new ListResourceRecordSetsCommand({ HostedZoneId, MaxItems: 300 }),
  );
  client.destroy();
  return ResourceRecordSets;
}

async function fireAndClear(alarms: readonly DrivenAlarm[]): Promise<void> {
  const putAll = async (kind: 'breaches' | 'is fine', atOf: (alarm: DrivenAlarm) => number) => {
    for (const alarm of alarms) {
      const client = deployment.client(CloudWatchClient, alarm.region);
      await alarm.put(client, alarm.sampleThat(kind), new Date(atOf(alarm)));
      client.destroy();
    }
  };
  await putAll(
    'breaches',
    ({ windowSeconds }) => Date.now() - windowSeconds * 1000 + FORGOTTEN_AFTER_MS,
  );
  expect(await alarmsNotIn('ALARM', alarms)).toEqual([]);
  await eventually(async () => {
    await putAll('is fine', () => Date.now());
    return (await alarmsNotIn('OK', alarms)).length === 0;
  });
}

/** Regions whose content bucket has an object. */
async function originsWith(key: string): Promise<string[]> {
  const { config } = example;
  const found: string[] = [];
  for (const region of config.regions.origins) {
    const client = deployment.client(S3Client, region);
    const Bucket = bucketName(config, 'content', region);
    const head = client.send(new HeadObjectCommand({ Bucket, Key: key }));
    if (
      await head.then(
        () => true,
        () => false,
      )
    )
      found.push(region);
    client.destroy();
  }
  return found;
}

async function alarmsOf(assembly: Assembly): Promise<DrivenAlarm[]> {
  const wanted = await deployment.wanted(assembly, 'AWS::CloudWatch::Alarm');
  return wanted.map(
    ({ region, properties }) => new DrivenAlarm(region, properties as unknown as AlarmProperties),
  );
}

/** Names of those alarms that CloudWatch has in another state. */
async function alarmsNotIn(state: AlarmState, alarms: readonly DrivenAlarm[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name, region } of alarms) {
    const client = deployment.client(CloudWatchClient, region);
    const { MetricAlarms = [] } = await client.send(
      new DescribeAlarmsCommand({ AlarmNames: [name] }),
    );
    if (MetricAlarms[0]?.StateValue !== state)
      found.push(`${name}: ${MetricAlarms[0]?.StateValue}`);
    client.destroy();
  }
  return found;
}
