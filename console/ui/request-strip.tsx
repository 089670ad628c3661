import { useState } from 'preact/hooks';
import { RECENT_MAX, type RequestMark } from '../model/delivery-ledger.ts';
import { formatBytes, formatMilliseconds } from '../model/format.ts';
import { LAYER_NAMES } from '../model/layers.ts';
import { describeMark, type StripBar, stripBars } from '../model/request-strip.ts';

/** The last requests as bars that stand still while requests move through them; pointing at one, or stepping with the arrow keys, reads it out below. */
export function RequestStrip({ marks }: { marks: readonly RequestMark[] }) {
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const bars = stripBars(marks);
  const mark = marks.find(({ number }) => number === chosen);
  const first = marks[0]?.number ?? 0;
  const last = marks.at(-1)?.number ?? 0;
  const step = (event: KeyboardEvent) => {
    const stride = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (stride === undefined || marks.length === 0) return;
    event.preventDefault();
    setChosen(Math.min(last, Math.max(first, (mark?.number ?? last + 1) + stride)));
  };
  const point = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const slot = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    setChosen(bars[slot]?.mark?.number);
  };
  return (
    <div class="strip-block">
      <div
        class="strip"
        role="slider"
        tabIndex={0}
        aria-label={`Last ${RECENT_MAX} requests`}
        aria-valuemin={first}
        aria-valuemax={last}
        aria-valuenow={mark?.number ?? last}
        aria-valuetext={mark ? describeMark(mark) : 'none chosen'}
        onKeyDown={step}
        onBlur={() => setChosen(undefined)}
        onMouseMove={point}
        onMouseLeave={() => setChosen(undefined)}
      >
        {bars.map((bar, slot) => (
          <span
            key={slot}
            class={barClass(bar, chosen)}
            style={{ transform: `scaleY(${bar.height})` }}
          />
        ))}
      </div>
      <p class="readout">{mark ? describeMark(mark) : readoutHint(marks)}</p>
      <RequestTable marks={marks} />
    </div>
  );
}

function barClass({ mark }: StripBar, chosen: number | undefined): string {
  if (!mark) return 'strip-bar';
  const look = mark.layer ? `fill-${mark.layer}` : 'strip-failed';
  return `strip-bar ${look} ${mark.number === chosen ? 'is-chosen' : ''}`;
}

const readoutHint = (marks: readonly RequestMark[]): string =>
  marks.length === 0
    ? 'No request yet. Bars appear here as the player fetches.'
    : `Last ${marks.length} requests, newest at the right: colour is the layer, height the size.`;

function RequestTable({ marks }: { marks: readonly RequestMark[] }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="request-table" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Requests as a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section class="table-scroll" aria-label="Requests, newest first" tabIndex={0}>
        {isOpen && (
          <table>
            <thead>
              <tr>
                <th scope="col">Request</th>
                <th scope="col">File</th>
                <th scope="col">Pathway</th>
                <th scope="col">Layer</th>
                <th scope="col">Size</th>
                <th scope="col">First byte</th>
                <th scope="col">Status</th>
              </tr>
            </thead>
            <tbody>
              {[...marks].reverse().map((mark) => (
                <tr key={mark.number}>
                  <td>{mark.number}</td>
                  <td>{mark.file}</td>
                  <td>{mark.pathwayId}</td>
                  <td>{mark.layer ? LAYER_NAMES[mark.layer] : 'none'}</td>
                  <td>{formatBytes(mark.bytes)}</td>
                  <td>{formatMilliseconds(mark.ttfbMs)}</td>
                  <td>{mark.status || 'no answer'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </details>
  );
}
