import type { Server } from 'node:http';
import { awsJsonServer } from '../http/aws-json-server.ts';
import type { EventBus } from './event-bus.ts';

interface Entry {
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
}

/** EventBridge's PutEvents. An entry that is not whole is refused alone; the others are taken. */
export function eventBusServer(bus: EventBus): Server {
  return awsJsonServer({
    'AWSEvents.PutEvents': ({ Entries }) => {
      const results = (Array.isArray(Entries) ? Entries : []).map((entry: Entry) =>
        putEntry(bus, entry),
      );
      const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
      return { FailedEntryCount, Entries: results };
    },
  });
}

function putEntry(bus: EventBus, { Source, DetailType, Detail }: Entry) {
  const detail = parseDetail(Detail);
  if (!Source || !DetailType || detail === undefined)
    return {
      ErrorCode: 'InvalidArgument',
      ErrorMessage: 'an event needs a Source, a DetailType and a Detail that is a JSON object',
    };
  return { EventId: bus.put({ source: Source, 'detail-type': DetailType, detail }) };
}

function parseDetail(text: string | undefined): object | undefined {
  try {
    const detail: unknown = JSON.parse(text ?? '');
    return typeof detail === 'object' && detail !== null ? detail : undefined;
  } catch {
    return undefined;
  }
}
