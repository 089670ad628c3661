import { join } from 'node:path';
import { ControlClient } from '../../bin/distributary/control-client.ts';
import { siteDocuments } from '../../bin/distributary/fleet/site-documents.ts';
import type { Build } from '../build/build-all.ts';
import { FunctionApi } from '../gateway/function-api.ts';
import { gatewayServer } from '../gateway/gateway-server.ts';
import { contentSecurityPolicy, StaticFiles } from '../gateway/static-files.ts';
import { type Address, urlOf } from '../ground/address-plan.ts';
import { localAws } from '../ground/aws-environment.ts';
import type { Ground } from '../ground/prepare-ground.ts';
import { mediaBytes } from '../ground/titles.ts';
import { listen } from '../http/servers.ts';
import type { ChildProgram } from '../processes/child.ts';
import { KeptAlive } from '../processes/kept-alive.ts';
import { OcaFleet } from '../processes/oca-fleet.ts';
import { writeAgentConfigs } from './agents.ts';
import { createBuckets } from './buckets.ts';
import { type ControlPlane, startControlPlane, tablesFolderIn } from './control-plane.ts';
import { publishTitles } from './publishing.ts';
import {
  declareSites,
  describeFill,
  filled,
  ocasInService,
  playbackAnswers,
  titlesLive,
} from './readiness.ts';

/** Loopback addresses, so that this machine stands in the footprint of every site. */
const LOOPBACK_FOOTPRINT = ['127.0.0.0/8', '::1/128'];
/** The shipped title fills in a second; a large one may go on filling behind the "ready" line. */
const FILL_WITHIN_MS = 20_000;

/** Starts every part and brings a title all the way to playback. */
export async function startParts(ground: Ground, build: Build): Promise<void> {
  const { plan, progress, config, secrets, titles } = ground;
  const controlPlane = await progress.step(
    'control plane',
    () => startControlPlane(controlPlaneOptions(ground, build)),
    ({ functionCount, tableCount }) =>
      `${functionCount} Lambda functions, ${tableCount} DynamoDB tables`,
  );
  await Promise.all([
    progress.step(
      'origin',
      () => startOrigin(ground, build),
      () => urlOf(plan.origin),
    ),
    progress.step(
      'edge',
      () => startEdge(ground, build),
      () => urlOf(plan.edge),
    ),
  ]);
  const fleet = ocaFleet(ground, build);
  await progress.step(
    'gateway',
    () => startGateway(ground, build, { controlPlane, fleet }),
    () => urlOf(plan.gateway),
  );
  const control = new ControlClient({
    url: urlOf(plan.gateway),
    credential: secrets.operatorCredential,
  });
  const sites = siteDocuments(config, (ocaId) => secrets.ocaDigest(ocaId)).map((site) => ({
    ...site,
    footprint: [...site.footprint, ...LOOPBACK_FOOTPRINT],
  }));
  await progress.step(
    'sites',
    () => declareSites(control, sites),
    (count) => `${count} sites declared`,
  );
  await progress.step(
    'OCAs',
    () => startOcas(fleet, control),
    (ocas) => ocas.map(({ ocaId }) => ocaId).join(', '),
  );
  await progress.step(
    'titles',
    () => publishAll(ground, control),
    () => titles.map(({ name }) => name).join(', '),
  );
  await progress.step('fill', () => filled(control, FILL_WITHIN_MS), describeFill);
  await progress.step(
    'playback',
    () => Promise.all(titles.map(({ titleId }) => playbackAnswers(control, titleId))),
    (sessions) => `${sessions[0]?.pathways.map(({ id }) => id).join(' › ')}`,
  );
}

const controlPlaneOptions = (ground: Ground, { stacks }: Build) => ({
  ...ground,
  stacks,
  ...(ground.data.isKept ? { tablesFolder: tablesFolderIn(ground.data.path) } : {}),
});

async function startOrigin(
  ground: Ground,
  { programs, stacks, assemblyFolder }: Build,
): Promise<void> {
  const folder = join(ground.data.path, 'origin');
  const args = [
    '--data',
    folder,
    '--assembly',
    assemblyFolder,
    ...listenArguments(ground.plan.origin),
  ];
  await startKeptAlive(
    ground,
    child(ground, { part: 'origin', name: 'origin', file: programs.origin, args }),
  );
  await createBuckets(ground, stacks);
}

async function startEdge(ground: Ground, { programs, assemblyFolder }: Build): Promise<void> {
  const { edge, origin } = ground.plan;
  const args = [
    '--assembly',
    assemblyFolder,
    '--origin-url',
    urlOf(origin),
    ...listenArguments(edge),
  ];
  await startKeptAlive(
    ground,
    child(ground, { part: 'edge', name: 'edge', file: programs.edge, args }),
  );
}

const listenArguments = ({ host, port }: Address) => [
  '--host',
  host,
  '--port',
  String(port),
  '--stop-with-stdin',
];

async function startKeptAlive(
  { teardown, progress }: Ground,
  program: ChildProgram,
): Promise<void> {
  const kept = new KeptAlive(program, (message) => progress.note(message));
  teardown.add(
    'processes',
    () => kept.stop(),
    () => kept.kill(),
  );
  await kept.ready();
}

function ocaFleet(ground: Ground, { programs }: Build): OcaFleet {
  const configFileById = writeAgentConfigs({
    ...ground,
    folder: join(ground.data.path, 'ocas'),
    mediaBytes: mediaBytes(ground.titles),
  });
  const programById = [...configFileById].map(([ocaId, file]) => {
    const args = ['serve', '--config', file, '--stop-with-stdin'];
    return [ocaId, child(ground, { part: 'oca', name: ocaId, file: programs.oca, args })] as const;
  });
  const fleet = new OcaFleet(new Map(programById), (message) => ground.progress.note(message));
  ground.teardown.add(
    'processes',
    () => fleet.close(),
    () => fleet.kill(),
  );
  return fleet;
}

const child = (
  { plan, config, logs }: Ground,
  program: Pick<ChildProgram, 'part' | 'name' | 'file' | 'args'>,
): ChildProgram => ({
  ...program,
  // An appliance has no AWS credentials; the edge and the origin do.
  env: program.part === 'oca' ? {} : localAws(plan, config.regions.control).variables,
  write: logs.lines(program.name),
});

async function startGateway(
  { plan, secrets, logs, teardown }: Ground,
  { consoleFolder }: Build,
  { controlPlane, fleet }: { controlPlane: ControlPlane; fleet: OcaFleet },
): Promise<void> {
  const log = logs.logger('gateway');
  const deliveryUrls = [...plan.ocas.map(({ delivery }) => urlOf(delivery)), urlOf(plan.edge)];
  const server = gatewayServer({
    functionApi: new FunctionApi({
      routes: controlPlane.routes,
      invoke: controlPlane.invoke,
      operatorCredential: secrets.operatorCredential,
      log,
    }),
    processes: fleet,
    console: new StaticFiles(consoleFolder, contentSecurityPolicy(deliveryUrls)),
    log,
  });
  await listen(server, plan.gateway, teardown);
}

async function startOcas(fleet: OcaFleet, control: ControlClient) {
  await Promise.all(fleet.list().map(({ ocaId }) => fleet.start(ocaId)));
  return ocasInService(control);
}

async function publishAll({ config, plan, titles }: Ground, control: ControlClient): Promise<void> {
  await publishTitles(titles, { config, plan, now: Date.now });
  await titlesLive(
    control,
    titles.map(({ titleId }) => titleId),
  );
}
