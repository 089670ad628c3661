import type { Milliseconds } from '#domain/units.ts';
import type { UpkeepTask } from '../upkeep/upkeep-task.ts';
import { FormTask } from './tasks/form-task.ts';
import { type ParityTaskOptions, RepairTask } from './tasks/repair-task.ts';

/**
 * The work that parity needs, most urgent first: `repair` what was lost, then `parity` for what has none yet.
 * @param options.gatherFor how long assets that come one by one are waited for.
 */
export const parityTasks = (
  options: ParityTaskOptions & { readonly gatherFor?: Milliseconds },
): UpkeepTask[] => [new RepairTask(options), new FormTask(options)];
