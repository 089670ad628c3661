import type { RefObject } from 'preact';
import { isCloudFrontId } from '#domain/ids.ts';
import type { TitleSummary } from '#protocol/playback.ts';
import { formatBitRate, formatSeconds, UNKNOWN } from '../model/format.ts';
import { PLAYERS, type PlayerKind, sourceUrl } from '../player/player-kind.ts';
import type { PlayerFacts } from '../player/use-player.ts';
import { RetryIcon } from './icons.tsx';
import { Bar, EmptyState, LayerDot, Panel } from './parts.tsx';

interface PlayerPanelProps {
  readonly videoRef: RefObject<HTMLVideoElement | null>;
  readonly titles: readonly TitleSummary[] | undefined;
  readonly titlesFailure: string | undefined;
  readonly titleId: string | undefined;
  readonly kind: PlayerKind;
  readonly facts: PlayerFacts;
  onTitle(titleId: string): void;
  onKind(kind: PlayerKind): void;
  onRetry(): void;
}

export function PlayerPanel(props: PlayerPanelProps) {
  const { videoRef, titles, titleId, facts } = props;
  const title = titles?.find((candidate) => candidate.titleId === titleId);
  return (
    <Panel id="player" title="Player" aside={<PlayerSwitch {...props} />}>
      <div class="screen">
        <video
          ref={videoRef}
          controls
          muted
          playsInline
          aria-label={title ? `Playing ${title.name}` : 'Player'}
        />
        <ScreenCover {...props} />
      </div>
      <TitleLine {...props} title={title} />
      <Facts facts={facts} />
    </Panel>
  );
}

function PlayerSwitch({ kind, facts, onKind }: PlayerPanelProps) {
  const { session } = facts;
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">Player library</legend>
      {PLAYERS.map((player) => (
        <label key={player.kind}>
          <input
            type="radio"
            name="player"
            value={player.kind}
            checked={player.kind === kind}
            disabled={session !== undefined && sourceUrl(session, player.kind) === undefined}
            onChange={() => onKind(player.kind)}
          />
          <span>{player.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** What lies over the picture while there is none. */
function ScreenCover({ titles, titlesFailure, facts, onRetry }: PlayerPanelProps) {
  if (facts.failure !== undefined) {
    return (
      <div class="screen-cover" role="alert">
        <EmptyState title="Playback stopped">{facts.failure}</EmptyState>
        <button type="button" class="button" onClick={onRetry}>
          <RetryIcon /> Try again
        </button>
      </div>
    );
  }
  if (titles === undefined && titlesFailure === undefined) return null;
  if (titles !== undefined && titles.length > 0) return null;
  return (
    <div class="screen-cover">
      {titles ? (
        <EmptyState title="No title is published yet">
          The page begins to play as soon as the catalog has one.
        </EmptyState>
      ) : (
        <EmptyState title="No titles to show">{titlesFailure}</EmptyState>
      )}
    </div>
  );
}

function TitleLine({
  titles,
  title,
  onTitle,
}: PlayerPanelProps & { title: TitleSummary | undefined }) {
  const hasChoice = titles !== undefined && titles.length > 1;
  return (
    <div class="title-line">
      {hasChoice ? (
        <label class="title-picker">
          <span class="visually-hidden">Title</span>
          <select value={title?.titleId} onChange={(event) => onTitle(event.currentTarget.value)}>
            {titles.map(({ titleId, name }) => (
              <option key={titleId} value={titleId}>
                {name}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <strong>{title?.name ?? UNKNOWN}</strong>
      )}
      <span class="muted clip" title={title?.credit}>
        {title?.credit ?? ''}
      </span>
    </div>
  );
}

/** The bar is full at this much. Source: assumption; the players' own goals lie between 10 and 60 s. */
const BUFFER_SCALE_SECONDS = 30;

function Facts({ facts }: { facts: PlayerFacts }) {
  const { pathwayId, quality, bufferSeconds, stalls } = facts;
  return (
    <dl class="facts">
      <div>
        <dt>Pathway in use</dt>
        <dd class="clip">
          {pathwayId === undefined ? (
            UNKNOWN
          ) : (
            <>
              <LayerDot layer={isCloudFrontId(pathwayId) ? 'cloudfront' : 'oca'} />
              <span data-testid="pathway-in-use">{pathwayId}</span>
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>Quality</dt>
        <dd class="clip">
          {quality ? `${quality.height}p ` : UNKNOWN}
          {quality && <span class="beside">{formatBitRate(quality.bitsPerSecond)}</span>}
        </dd>
      </div>
      <div>
        <dt>Buffer</dt>
        <dd>
          {formatSeconds(bufferSeconds)}
          <Bar
            share={bufferSeconds / BUFFER_SCALE_SECONDS}
            label="Buffer"
            text={formatSeconds(bufferSeconds)}
          />
        </dd>
      </div>
      <div>
        <dt>Stalls</dt>
        <dd>{stalls}</dd>
      </div>
    </dl>
  );
}
