import { join } from 'node:path';
import type { Build } from '../build/build-all.ts';
import { lentByOperator, shownInHandshake } from '../gateway/callers.ts';
import { controlServer } from '../gateway/control-server.ts';
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

/** Starts every part but the OCAs' agents, and returns those ready to be started. */
export async function startParts(ground: Ground, build: Build): Promise<OcaFleet> {
  const { plan, progress } = ground;
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
  return fleet;
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
  const { edge, cloudFront, origin } = ground.plan;
  const args = [
    '--assembly',
    assemblyFolder,
    '--origin-url',
    urlOf(origin),
    '--api-port',
    String(cloudFront.port),
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

/** The base port, and the control API with mutual TLS beside it. */
async function startGateway(
  { plan, secrets, logs, teardown }: Ground,
  { consoleFolder }: Build,
  { controlPlane, fleet }: { controlPlane: ControlPlane; fleet: OcaFleet },
): Promise<void> {
  const log = logs.logger('gateway');
  const deliveryUrls = [...plan.ocas.map(({ delivery }) => urlOf(delivery)), urlOf(plan.edge)];
  const { certificates, operatorCredential } = secrets;
  const { routes, invoke } = controlPlane;
  const server = gatewayServer({
    functionApi: new FunctionApi({
      routes,
      invoke,
      credentials: lentByOperator({
        pem: certificates.operatorPem,
        credential: operatorCredential,
      }),
      log,
    }),
    processes: fleet,
    console: new StaticFiles(consoleFolder, contentSecurityPolicy(deliveryUrls)),
    log,
  });
  await listen(server, plan.gateway, teardown);
  const control = controlServer({
    functionApi: new FunctionApi({
      routes: routes.filter(({ authorizerId }) => authorizerId !== undefined),
      invoke,
      credentials: shownInHandshake,
      log,
    }),
    serverPem: certificates.serverPem,
    clientAuthorities: [certificates.clientAuthority.certificate],
    log,
  });
  await listen(control, plan.control, teardown);
}
