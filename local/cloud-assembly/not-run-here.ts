import type { FunctionName } from '../../lib/names.ts';

/**
 * Functions behind event rules that one machine does not run, by their folders in `lambda/`, each with the reason. The
 * local run says at start which these are; every other target of a rule is run.
 */
export const NOT_RUN_HERE: Readonly<Partial<Record<FunctionName, string>>> = {
  'oca-records': 'there is no Route 53 on one machine, and OCAs have no public names',
};
