import { join } from 'node:path';
import { seededRandom } from '#domain/random.ts';
import { openAgentState } from '../../../oca-agent/control/agent-state.ts';
import { openSqlite } from '../../../oca-agent/platform/database.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';
import { assetOf, openStoreAt, type StorePlace, take } from '../support/stores.ts';
import { forgetfulFiles, say, taskOf } from './task.ts';

export interface WritingTask extends StorePlace {
  readonly seed: number;
  /** The negative control: nothing is made durable. */
  readonly isForgetful: boolean;
}

const TRANSFERS = 4;
const SIZES = { minBytes: 20_000, spreadBytes: 120_000 };

const task = taskOf<WritingTask>();
const random = seededRandom(task.seed);
const files = task.isForgetful ? forgetfulFiles : nodeFileSystem;
const { store } = await openStoreAt(task, { files });
const state = task.isForgetful
  ? undefined
  : openAgentState(openSqlite(join(task.stateDirectory, 'state.db'), 'ledger'));
let planVersion = 0;
say('ready');

/** Takes in one asset after another until the power goes; each is acknowledged when it may not be lost any more. */
async function transfer(): Promise<void> {
  for (;;) {
    const seed = Math.floor(random.next() * 2 ** 32);
    const sizeBytes = SIZES.minBytes + Math.floor(random.next() * SIZES.spreadBytes);
    const { content, name } = assetOf(seed, sizeBytes);
    const held = await take(store, content, name);
    if (!held) return say('full');
    say(`held ${held.assetId}`);
    if (state && random.next() < 0.1) {
      planVersion += 1;
      state.planVersion.write(planVersion);
      say(`plan ${planVersion}`);
    }
  }
}

// The power goes while these run: what they throw then is nobody's concern.
await Promise.allSettled(Array.from({ length: TRANSFERS }, transfer));
