import { join } from 'node:path';

/** Where nginx's things lie: all in one folder that belongs to the agent's user alone. */
export interface PlanePaths {
  readonly folder: string;
  readonly config: string;
  readonly pid: string;
  readonly errorLog: string;
  readonly hitLog: string;
  readonly agentSocket: string;
  readonly statusSocket: string;
  /** A folder for each session token that opens something. */
  readonly sessions: string;
  /** The serving tree: see oca-agent/store/serving-tree.ts. */
  readonly tree: string;
}

export const planePaths = (stateDirectory: string, tree?: string): PlanePaths => {
  const folder = join(stateDirectory, 'nginx');
  return {
    folder,
    config: join(folder, 'nginx.conf'),
    pid: join(folder, 'nginx.pid'),
    errorLog: join(folder, 'error.log'),
    hitLog: join(folder, 'hits.log'),
    agentSocket: join(folder, 'agent.sock'),
    statusSocket: join(folder, 'status.sock'),
    sessions: join(folder, 'sessions'),
    tree: tree ?? join(folder, 'tree'),
  };
};
