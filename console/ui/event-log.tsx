import type { LoggedEvent } from '../model/fleet-events.ts';
import { EmptyState, Panel, StateMark } from './parts.tsx';

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** What happened while the page was open, newest first. */
export function EventLog({ events }: { events: readonly LoggedEvent[] }) {
  return (
    <Panel id="events" title="Events" aside={<span class="muted">newest first</span>}>
      {events.length === 0 && (
        <EmptyState title="Nothing has happened yet">
          Stop the OCA in use and watch playback move on.
        </EmptyState>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <ol class="events" aria-live="polite" aria-label="Events" tabIndex={0}>
        {events.map(({ number, at, tone, text }) => (
          <li key={number}>
            <time dateTime={new Date(at).toISOString()}>{TIME.format(at)}</time>
            <StateMark tone={tone} text={text} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
