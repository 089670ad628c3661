import type { EdgeFunctionName } from '../../names.ts';

/**
 * Bundles start cold at hundreds of edge locations, so their size is a budget. Raise one only in the change that needs
 * it. CloudFront's own bound for viewer triggers is 1 MB. Source: CloudFront quotas, read 2026-11.
 */
export const EDGE_BUNDLE_BYTES_MAX: Readonly<Record<EdgeFunctionName, number>> = {
  'edge-viewer-auth': 12_000,
  'edge-response-headers': 8_000,
};
