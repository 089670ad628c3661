import { outsideJest } from '../../outside-jest/call.ts';

export const PRIMARY = { name: 'content-primary', region: 'us-east-1' };
export const REPLICA = { name: 'content-replica', region: 'eu-west-1' };

export const { synthesizeSmallApp } = outsideJest<typeof import('./small-app-stack.ts')>(
  import.meta.resolve('./small-app-stack.ts'),
);
