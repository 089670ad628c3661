import { randomUUID } from 'node:crypto';
import { AwsFault } from '../http/aws-json-server.ts';

export type Stage = string;

/**
 * A secret with its versions, of which each stage (AWSCURRENT, AWSPENDING, AWSPREVIOUS) names at most one.
 * Source: AWS Secrets Manager User Guide, "What's in a Secrets Manager secret?".
 */
export class SecretVersions {
  readonly #valueById = new Map<string, string>();
  readonly #idByStage = new Map<Stage, string>();

  constructor(value: string) {
    this.put({ versionId: randomUUID(), value, stages: ['AWSCURRENT'] });
  }

  /** The value of a version, or of the one at a stage. @throws AwsFault `ResourceNotFoundException` */
  read(wanted: { versionId?: string; stage?: Stage }): { versionId: string; value: string } {
    const versionId = wanted.versionId ?? this.#idByStage.get(wanted.stage ?? 'AWSCURRENT');
    const value = versionId === undefined ? undefined : this.#valueById.get(versionId);
    if (versionId === undefined || value === undefined)
      throw new AwsFault('ResourceNotFoundException', 'there is no such version of the secret');
    if (wanted.stage !== undefined && !this.stagesOf(versionId).includes(wanted.stage))
      throw new AwsFault('ResourceNotFoundException', 'the version is not at this stage');
    return { versionId, value };
  }

  /** Adds a version. The same again changes nothing. @throws AwsFault when the version has another value already. */
  put(version: { versionId: string; value: string; stages: readonly Stage[] }): void {
    const { versionId, value, stages } = version;
    const existing = this.#valueById.get(versionId);
    if (existing !== undefined && existing !== value)
      throw new AwsFault('ResourceExistsException', 'the version has another value already');
    this.#valueById.set(versionId, value);
    for (const stage of stages) this.moveStage(stage, versionId);
  }

  /** What AWSCURRENT leaves becomes AWSPREVIOUS. */
  moveStage(stage: Stage, versionId: string): void {
    const before = this.#idByStage.get(stage);
    this.#idByStage.set(stage, versionId);
    if (stage === 'AWSCURRENT' && before !== undefined && before !== versionId)
      this.#idByStage.set('AWSPREVIOUS', before);
  }

  idAt(stage: Stage): string | undefined {
    return this.#idByStage.get(stage);
  }

  stagesOf(versionId: string): Stage[] {
    return [...this.#idByStage].filter(([, id]) => id === versionId).map(([stage]) => stage);
  }

  /** Versions that a stage names, those without a value too. */
  stagesById(): Record<string, Stage[]> {
    return Object.fromEntries([...this.#idByStage.values()].map((id) => [id, this.stagesOf(id)]));
  }
}
