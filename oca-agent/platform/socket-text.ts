import { get } from 'node:http';

/** What a server on a socket of this machine answers, as text. Rejects when it does not. */
export const socketText = (socketPath: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = get({ socketPath, path, timeout: 1000, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
  });
