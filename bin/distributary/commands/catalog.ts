import type { Command } from 'commander';
import { decimal, integer, list, object, optional, text } from '#protocol/decode.ts';
import { titleList } from '#protocol/playback.ts';
import { sessionOf, table } from '../session.ts';

/** `GET /v1/titles/<id>`, as far as people are shown it. */
const titleRecord = object({
  titleId: text(),
  name: text(),
  durationSeconds: decimal(),
  publishedAt: integer(),
  assetCount: integer(),
  totalBytes: integer(),
  credit: optional(text()),
  tracks: list(
    object({
      trackId: text(),
      kind: text(),
      profile: text(),
      codecs: text(),
      bandwidthBitsPerSecond: decimal(),
      language: optional(text()),
    }),
  ),
});

export function addCatalogCommand(program: Command): void {
  const catalog = program.command('catalog').description('the titles that are published');
  catalog.command('list').description('list what is live').action(listTitles);
  catalog.command('show <title>').description('show one title and its tracks').action(showTitle);
  catalog
    .command('withdraw <title>')
    .description(
      'take a title out: no new session, and new fill plans without it; its files stay in S3',
    )
    .action(withdrawTitle);
}

async function listTitles(_options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  const answer = await session.play.request(titleList, '/v1/titles');
  const rows = answer.titles.map(({ titleId, durationSeconds, name }) => [
    titleId,
    `${Math.round(durationSeconds)} s`,
    name,
  ]);
  session.print(answer, table([['TITLE', 'DURATION', 'NAME'], ...rows]));
}

async function showTitle(title: string, _options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  const record = await session.control.request(
    titleRecord,
    `/v1/titles/${encodeURIComponent(title)}`,
  );
  const tracks = record.tracks.map(
    ({ profile, kind, bandwidthBitsPerSecond, language, codecs }) => [
      `  ${kind}`,
      profile,
      `${Math.round(bandwidthBitsPerSecond / 1000)} kbit/s`,
      codecs,
      language ?? '',
    ],
  );
  session.print(record, [
    `${record.titleId}  ${record.name}`,
    `  ${Math.round(record.durationSeconds)} s, ${record.assetCount} files, ${(record.totalBytes / 1e6).toFixed(1)} MB, published ${new Date(record.publishedAt).toISOString()}`,
    ...table(tracks),
    ...(record.credit === undefined ? [] : [`  ${record.credit}`]),
  ]);
}

async function withdrawTitle(title: string, _options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  await session.control.send(`/v1/titles/${encodeURIComponent(title)}`, { method: 'DELETE' });
  session.print({ titleId: title, isWithdrawn: true }, [`withdrawn: ${title}`]);
}
