import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isCloudFrontId, type OcaId, type PathwayId } from '#domain/ids.ts';
import { drawFlow } from '../model/channel-flow.ts';
import { type DeliveryLedger, pathwayShare } from '../model/delivery-ledger.ts';
import type { FlowNode } from '../model/flow-layout.ts';
import { formatBytes, formatShare } from '../model/format.ts';

interface FlowDiagramProps {
  readonly ledger: DeliveryLedger;
  readonly ocaIds: readonly OcaId[];
}

export function FlowDiagram({ ledger, ocaIds }: FlowDiagramProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const drawing = drawFlow(ledger.recent, ocaIds, width);
  return (
    <figure class="flow" ref={box} style={{ height: `${drawing.height}px` }}>
      <svg width={width} height={drawing.height} role="img" aria-label={summary(ledger, ocaIds)}>
        {drawing.beds.map((bed) => (
          <path key={bed} class="bed" d={bed} />
        ))}
        {drawing.channels.map(({ key, layer, width: channelWidth, path }) => (
          <path
            key={key}
            class={`channel stroke-${layer}`}
            d={path}
            style={{ strokeWidth: `${channelWidth}px` }}
          />
        ))}
      </svg>
      {drawing.nodes.map((node) => (
        <Node key={node.id} node={node} ledger={ledger} />
      ))}
    </figure>
  );
}

const NODE_NAMES: Readonly<Record<string, string>> = {
  s3: 'S3',
  cloudfront: 'CloudFront',
  player: 'Player',
};

function Node({ node, ledger }: { node: FlowNode; ledger: DeliveryLedger }) {
  const { id, x, y, width, height } = node;
  const name = NODE_NAMES[id];
  const box = { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` };
  return (
    <div class={`node node-${name === undefined ? 'oca' : id}`} style={box} aria-hidden="true">
      <span class="clip">{name ?? id}</span>
      {name === undefined && (
        <span class="node-share">{formatShare(pathwayShare(ledger, id as PathwayId))}</span>
      )}
    </div>
  );
}

function summary(ledger: DeliveryLedger, ocaIds: readonly OcaId[]): string {
  const used = [...ledger.bytesByPathway.keys()].filter(isCloudFrontId);
  const distributions = used.length > 0 ? used : ['cloudfront' as const];
  const parts = [...ocaIds, ...distributions].map((id) => {
    const bytes = formatBytes(ledger.bytesByPathway.get(id) ?? 0);
    return `${id} handed over ${bytes}, ${formatShare(pathwayShare(ledger, id))}`;
  });
  return `Flow of bytes to the player. ${parts.join('; ')}.`;
}

/** The element's width in whole pixels, kept up to date. */
function useWidth(ref: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => setWidth(Math.floor(element.clientWidth));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
