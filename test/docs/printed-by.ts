import { mock } from 'node:test';
import { main } from '../../bin/distributary/main.ts';

/** What the operator's command line prints. */
export async function printedBy(words: readonly string[]): Promise<string> {
  const log = mock.method(console, 'log', () => {});
  try {
    await main(words, {});
    return log.mock.calls.map(({ arguments: [text] }) => String(text)).join('\n');
  } finally {
    log.mock.restore();
  }
}
