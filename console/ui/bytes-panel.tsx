import type { OcaId } from '#domain/ids.ts';
import { type DeliveryLedger, layerTotals } from '../model/delivery-ledger.ts';
import { formatBytes, formatCount, formatShare } from '../model/format.ts';
import { FlowDiagram } from './flow-diagram.tsx';
import { LayerName, Panel } from './parts.tsx';
import { RequestStrip } from './request-strip.tsx';

interface BytesPanelProps {
  readonly ledger: DeliveryLedger;
  readonly ocaIds: readonly OcaId[];
}

export function BytesPanel({ ledger, ocaIds }: BytesPanelProps) {
  return (
    <Panel
      id="bytes"
      title="Where bytes come from"
      aside={<span class="muted">this player, since the page opened</span>}
    >
      <dl class="layer-totals">
        {layerTotals(ledger).map(({ layer, bytes, requests, byteShare }) => (
          <div key={layer} data-layer={layer}>
            <dt>
              <LayerName layer={layer} />
            </dt>
            <dd>
              <span class="figure">{formatShare(byteShare)}</span>
              <span class="muted">
                {formatBytes(bytes)}, {formatCount(requests, 'request')}
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <FlowDiagram ledger={ledger} ocaIds={ocaIds} />
      <RequestStrip marks={ledger.recent} />
    </Panel>
  );
}
