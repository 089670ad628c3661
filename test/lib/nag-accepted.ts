/** A finding of cdk-nag's AwsSolutions that stands, and why. */
export interface Accepted {
  readonly rule: RegExp;
  /** Of the construct, e.g. `distributary-edge/Media/Distribution`. */
  readonly path: RegExp;
  readonly reason: string;
}

export const ACCEPTED: readonly Accepted[] = [];
