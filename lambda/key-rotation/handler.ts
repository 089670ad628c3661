import { secretsManager } from '../shared/clients.ts';
import { readEnvironment } from '../shared/environment-reader.ts';
import { jsonLog } from '../shared/log.ts';
import { wallClock } from '../shared/wall-clock.ts';
import { createKeyRotation } from './create-key-rotation.ts';
import { environment } from './environment.ts';

export const handler = createKeyRotation({
  client: secretsManager(),
  environment: readEnvironment(environment, process.env),
  clock: wallClock,
  log: jsonLog('key-rotation'),
});
