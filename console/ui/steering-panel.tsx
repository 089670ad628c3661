import type { ExplainedCandidate, SteeringExplanation } from '#protocol/playback.ts';
import { steeringRows } from '../model/steering-rows.ts';
import { EmptyState, LayerDot, Panel } from './parts.tsx';

interface SteeringPanelProps {
  readonly explanation: SteeringExplanation | undefined;
  readonly pathwayInUse: string | undefined;
  readonly failure: string | undefined;
}

export function SteeringPanel({ explanation, pathwayInUse, failure }: SteeringPanelProps) {
  const prefix = explanation?.matchedPrefix;
  return (
    <Panel
      id="steering"
      title="Steering"
      aside={
        <span class="muted clip">
          {explanation && `${explanation.clientAddress} in ${prefix ?? 'no footprint'}`}
        </span>
      }
    >
      {failure !== undefined && (
        <p class="panel-note tone-bad" role="status">
          {failure}
        </p>
      )}
      {explanation === undefined && failure === undefined && (
        <EmptyState title="No steering order yet">
          It is explained here for the title that plays.
        </EmptyState>
      )}
      <ol class="pathways">
        {explanation &&
          steeringRows(explanation).map((candidate, row) => (
            <PathwayRow
              key={row}
              candidate={candidate}
              isInUse={candidate.pathwayId === pathwayInUse}
            />
          ))}
      </ol>
    </Panel>
  );
}

function PathwayRow({ candidate, isInUse }: { candidate: ExplainedCandidate; isInUse: boolean }) {
  const { pathwayId, layer, siteId, verdict, rank, reasons } = candidate;
  return (
    <li class={`pathway ${verdict === 'dropped' ? 'is-dropped' : ''}`} data-pathway={pathwayId}>
      <span class="rank">{rank ?? <span class="visually-hidden">dropped</span>}</span>
      <div>
        <p class="pathway-name">
          <LayerDot layer={layer} />
          <strong>{pathwayId}</strong>
          {siteId && <span class="muted">{siteId}</span>}
          {isInUse && <span class="tag">in use</span>}
          {verdict === 'dropped' && <span class="tag tag-bad">dropped</span>}
        </p>
        <p class="muted reasons" title={reasons.join('; ')}>
          {reasons.join('; ')}
        </p>
      </div>
    </li>
  );
}
