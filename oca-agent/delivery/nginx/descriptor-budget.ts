/** What each of nginx's workers may have open. */
export interface DescriptorBudget {
  readonly descriptors: number;
  readonly connections: number;
  /** Files that stay open for the next request. */
  readonly openFiles: number;
  /** The system allows less than was asked for. */
  readonly isShort: boolean;
}

/** Logs, listeners, the kernel's own. */
const SPARE = 512;
/** Where there are too few for all, connections get this part. */
const CONNECTIONS_SHARE = 0.6;

/**
 * Shares out the descriptors of a worker. One that has none left stops to accept, and does not recover: files that stay
 * open must never take those of connections. Source: research "performance", section 2, hazards.
 *
 * @param limit what the system allows a process
 */
export function descriptorBudget(
  limit: number,
  asked: { readonly connectionsMax: number; readonly openFilesMax: number },
): DescriptorBudget {
  // One to the client, one to the agent.
  const connections = 2 * asked.connectionsMax;
  const descriptors = connections + asked.openFilesMax + SPARE;
  if (descriptors <= limit)
    return { descriptors, connections, openFiles: asked.openFilesMax, isShort: false };
  const usable = Math.max(0, limit - SPARE);
  const granted = Math.min(connections, Math.floor(usable * CONNECTIONS_SHARE));
  return {
    descriptors: limit,
    connections: Math.max(1, granted),
    openFiles: Math.max(1, Math.min(asked.openFilesMax, usable - granted)),
    isShort: true,
  };
}
