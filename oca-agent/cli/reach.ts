import { type Command, Option } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { type AssetId, isAssetId, isTitleId } from '#domain/ids.ts';
import { type AgentConfig, parseAgentConfig } from '../config/agent-config.ts';
import type { AssetSelection } from '../management/operations.ts';
import type { Platform } from '../platform/platform.ts';
import { askAgent } from './management-client.ts';

/** What every command has at hand. */
export interface CommandOptions {
  readonly platform: Platform;
  /** Where the configuration lies when `--config` is not given. */
  readonly configFile: string;
  readonly print: (text: string) => void;
}

/** How a command reaches the running agent. */
export interface Reached {
  readonly config: string;
  readonly url?: string;
  readonly json?: boolean;
}
/** Which assets a command is about. */
export interface Selected extends Reached {
  readonly title?: string;
  readonly asset?: string[];
}

/** Thrown by a command that did its work and found something wrong: the message is printed already. */
export class CommandFailed extends Error {}

export const configOption = ({ configFile }: CommandOptions): Option =>
  new Option('-c, --config <file>', 'the agent’s configuration, JSON').default(configFile);

export const reaching = (command: Command, options: CommandOptions): Command =>
  command
    .addOption(configOption(options))
    .option('--url <url>', 'the management address, instead of the one in the configuration')
    .option('--json', 'print JSON');

export const selecting = (command: Command): Command =>
  command
    .option('--title <titleId>', 'the assets of one title')
    .option('--asset <sha256...>', 'these assets');

export function selectionOf({ title, asset }: Selected): AssetSelection {
  if (title !== undefined && !isTitleId(title))
    throw new CdnError('request-invalid', `--title: expected a title id, found ${title}`);
  const wrong = asset?.find((text) => !isAssetId(text));
  if (wrong !== undefined)
    throw new CdnError('request-invalid', `--asset: expected a SHA-256 in hex, found ${wrong}`);
  return {
    ...(title === undefined ? {} : { titleId: title }),
    ...(asset === undefined ? {} : { assetIds: asset as AssetId[] }),
  };
}

export type AgentRequest = readonly [method: 'GET' | 'POST', path: string, message?: unknown];

/** Asks the running agent. */
export async function ask<T>(
  options: CommandOptions,
  reached: Reached,
  [method, path, message]: AgentRequest,
): Promise<T> {
  const base = reached.url ?? managementUrl(await loadConfig(reached.config, options));
  const url = `${base.replace(/\/+$/, '')}${path}`;
  const request = { url, method, ...(message === undefined ? {} : { message }) };
  return askAgent<T>(options.platform.httpClient, request);
}

/** Asks the running agent and prints its answer, for people or for programs. */
export async function show<T>(
  options: CommandOptions,
  reached: Reached,
  request: AgentRequest,
  describe: (answer: T) => string,
): Promise<T> {
  const answer = await ask<T>(options, reached, request);
  options.print(reached.json ? `${JSON.stringify(answer)}\n` : describe(answer));
  return answer;
}

function managementUrl({ management: { address, port } }: AgentConfig): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

export async function loadConfig(
  file: string,
  { platform }: Pick<CommandOptions, 'platform'>,
): Promise<AgentConfig> {
  const text = await platform.fileSystem.readText(file).catch(() => undefined);
  if (text === undefined) throw new CdnError('config-invalid', `${file}: cannot be read`);
  try {
    return parseAgentConfig(text);
  } catch (error) {
    throw error instanceof CdnError ? new CdnError(error.code, `${file}: ${error.message}`) : error;
  }
}
