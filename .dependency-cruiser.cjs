/** Architecture rules. `comment` says why the rule exists and what to do instead. */
const LAYERS =
  'bin|lib|lambda|oca-agent|domain|protocol|player-sdk|local|simulator|console|bench|test';
const layer = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: `^(${LAYERS})/`, pathNot: `^(${[from, ...allowed].join('|')})/` },
});
const PACKAGES = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];
const IO =
  '^(node:)?(fs|fs/promises|net|http|http2|https|tls|dgram|dns|dns/promises|child_process|timers|timers/promises|os)$';

module.exports = {
  forbidden: [
    layer('domain-is-a-leaf', 'domain', [], 'domain/ decides; callers pass in what it needs.'),
    layer('protocol-sees-domain-only', 'protocol', ['domain'], 'wire formats know domain types and nothing else.'),
    layer('lambda-stays-in-lambda', 'lambda', ['domain', 'protocol'], 'deployables meet in protocol/.'),
    layer('agent-stays-in-agent', 'oca-agent', ['domain', 'protocol'], 'deployables meet in protocol/.'),
    layer('player-stays-in-player', 'player-sdk', ['domain', 'protocol'], 'deployables meet in protocol/.'),
    layer(
      'console-is-a-client',
      'console',
      ['domain', 'protocol', 'player-sdk'],
      'the page uses the published SDK and the public APIs, as any client would.',
    ),
    layer(
      'simulator-drives-real-code',
      'simulator',
      ['domain', 'protocol', 'oca-agent', 'player-sdk'],
      'simulate the shipped modules; never the AWS adapters.',
    ),
    {
      name: 'cdk-sees-environment-contracts-only',
      severity: 'error',
      comment: 'CDK names a handler by path; the one thing it may import is the environment contract beside it.',
      from: { path: '^(lib|bin)/' },
      to: {
        path: '^(lambda|oca-agent|player-sdk|local|simulator|console|bench|test)/',
        pathNot: '^lambda/[^/]+/environment[.]ts$',
      },
    },
    {
      name: 'environment-contract-is-pure',
      severity: 'error',
      comment: 'read at synth and at run time.',
      from: { path: '^lambda/[^/]+/environment[.]ts$' },
      to: { pathNot: '^(domain|protocol)/' },
    },
    {
      name: 'handlers-do-not-import-handlers',
      severity: 'error',
      comment: 'share through lambda/shared/ or domain/.',
      from: { path: '^lambda/([^/]+)/' },
      to: { path: '^lambda/', pathNot: ['^lambda/$1/', '^lambda/shared/'] },
    },
    {
      name: 'edge-functions-are-self-contained',
      severity: 'error',
      comment: 'they start cold at hundreds of edge locations under a byte budget: domain/, protocol/, themselves, and of Node its crypto.',
      from: { path: '^lambda/edge-' },
      to: { pathNot: ['^domain/', '^protocol/', '^lambda/edge-[^/]+/', '^(node:)?crypto$', '^node_modules/@types/aws-lambda/'] },
    },
    {
      name: 'pure-code-does-no-io',
      severity: 'error',
      comment: 'no built-ins and no packages below the deployables.',
      from: { path: '^(domain|protocol)/', pathNot: '^protocol/x509/' },
      to: { dependencyTypes: ['core', ...PACKAGES] },
    },
    {
      name: 'certificates-by-one-package',
      severity: 'error',
      comment: 'certificates are a wire format too large for our own decoders; the package that knows it does no I/O.',
      from: { path: '^protocol/x509/' },
      to: { dependencyTypes: ['core', ...PACKAGES], pathNot: '^node_modules/@peculiar/x509/' },
    },
    {
      name: 'no-cdk-at-run-time',
      severity: 'error',
      comment: 'aws-cdk-lib in a bundle costs tens of megabytes.',
      from: { path: '^(domain|protocol|lambda|oca-agent|player-sdk|simulator)/' },
      to: { path: '^node_modules/(aws-cdk-lib|constructs)/' },
    },
    {
      name: 'aws-sdk-behind-adapters',
      severity: 'error',
      comment: 'the player speaks HTTP; the agent reaches S3 and CloudWatch from platform/ alone.',
      from: { pathNot: '^(lambda|local|test|bin/distributary|oca-agent/platform)/' },
      to: { path: '^node_modules/@(aws-sdk|smithy)/' },
    },
    {
      name: 'agent-io-in-platform',
      severity: 'error',
      comment: 'so the simulator can replace disk, network and clock.',
      from: { path: '^oca-agent/', pathNot: '^oca-agent/(platform/|main[.]ts$)' },
      to: { dependencyTypes: ['core'], path: IO, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'player-runs-in-a-browser',
      severity: 'error',
      comment: 'no built-ins.',
      from: { path: '^(player-sdk|console)/', pathNot: '^console/build[.]ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'cross-a-layer-by-alias',
      severity: 'error',
      comment: 'a relative path never leaves its layer; write #domain/… or #protocol/….',
      from: { path: '^(bin|lib|lambda|oca-agent|player-sdk|protocol|simulator|local|console)/' },
      to: { path: '^domain/', dependencyTypesNot: ['aliased-subpath-import'] },
    },
    {
      name: 'cross-to-protocol-by-alias',
      severity: 'error',
      comment: 'a relative path never leaves its layer; write #protocol/….',
      from: { path: '^(bin|lib|lambda|oca-agent|player-sdk|simulator|local|console)/' },
      to: { path: '^protocol/', dependencyTypesNot: ['aliased-subpath-import'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-barrels',
      severity: 'error',
      comment: 'import the file that defines the thing.',
      from: {},
      to: { path: '^(?!node_modules).*/index[.]ts$', pathNot: '^player-sdk/index[.]ts$' },
    },
    {
      name: 'production-never-imports-test',
      severity: 'error',
      // A benchmark sets its stage with the same pieces as a test does.
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'shipped-code-uses-declared-dependencies',
      severity: 'error',
      from: { path: '^(lambda|oca-agent|player-sdk)/' },
      to: {
        pathNot: '^node_modules/@types/', dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'every-import-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'every-module-is-reached-by-a-test',
      severity: 'error',
      comment: 'not coverage; proof that something loads it. Entry points run as bundles, in test/end-to-end and as edge functions.',
      from: { path: '[.]test[.]ts$' },
      to: {
        path: '^(domain|protocol|lambda|oca-agent|player-sdk|lib)/',
        pathNot: '^(lambda/[^/]+/handler|oca-agent/main)[.]ts$',
        reachable: false,
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // TypeScript 7 has no compiler API, and the swc parser is not told of JSX: test/architecture/ checks console/*.tsx.
    exclude: { path: '[.]tsx$' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
