import { main } from './configure/main.ts';

/** `npm run configure`. */
process.exitCode = await main(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
});
