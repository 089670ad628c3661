import { Child } from '../../../local/processes/child.ts';

/** Starts the program named in its arguments as a child, says the child's process id, and lives on. */
const [file = ''] = process.argv.slice(2);
const child = new Child({
  part: 'part',
  name: 'subject',
  file,
  args: [],
  env: {},
  write: () => {},
});
await child.ready();
process.stdout.write(`${child.pid}\n`);
