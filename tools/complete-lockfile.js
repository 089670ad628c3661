/**
 * Adds to package-lock.json what npm leaves out when a registry mirror lacks some platform's packages: the optional
 * dependencies of other platforms. Without these entries `npm ci` refuses the lockfile. They carry no integrity,
 * because their tarballs could not be seen where the lockfile was made; a platform that needs one fetches it by version.
 *
 *   node tools/complete-lockfile.js
 */
import { readFileSync, writeFileSync } from 'node:fs';

const OPERATING_SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'x64',
  'wasm32',
];

const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const { packages } = lockfile;
let added = 0;

for (const [path, entry] of Object.entries(packages)) {
  if (path === '') continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(name, path)) continue;
    packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
    };
    added += 1;
  }
}

const sorted = Object.entries(packages).sort(([left], [right]) => (left < right ? -1 : 1));
lockfile.packages = Object.fromEntries(sorted);
writeFileSync('package-lock.json', `${JSON.stringify(lockfile, null, 2)}\n`);
process.stdout.write(`${added} entries added\n`);

/** Node's resolution: beside the dependent, then in each folder above it. */
function isLocked(name, dependentPath) {
  let path = dependentPath;
  while (path !== '') {
    if (`${path}/node_modules/${name}` in packages) return true;
    path = path.includes('/node_modules/') ? path.slice(0, path.lastIndexOf('/node_modules/')) : '';
  }
  return `node_modules/${name}` in packages;
}

/** What a platform package's name says of its platform, e.g. `core-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = OPERATING_SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (!os || !cpu)
    throw new Error(
      `expected the name of a platform's package, found ${name}: install it where it exists`,
    );
  const libc = words.includes('musl')
    ? 'musl'
    : os === 'linux' && words.includes('gnu')
      ? 'glibc'
      : undefined;
  return { cpu: [cpu], os: [os], ...(libc ? { libc: [libc] } : {}) };
}
