/** What is asked for: so many files of one size, whole or in ranges. */
export interface Payload {
  readonly name: string;
  readonly fileBytes: number;
  readonly files: number;
  /** A range of this length at a multiple of it; absent: the whole file. */
  readonly rangeBytes?: number;
  /** So many sessions ask: nginx keeps files open for each of them. */
  readonly sessions: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
export const SESSIONS = 64;

export const PAYLOADS: readonly Payload[] = [
  { name: '64 KiB', fileBytes: 64 * KIB, files: 2000, sessions: SESSIONS },
  { name: '64 KiB, hot set', fileBytes: 64 * KIB, files: 250, sessions: 8 },
  { name: '1 MiB', fileBytes: MIB, files: 100, sessions: SESSIONS },
  { name: '8 MiB', fileBytes: 8 * MIB, files: 20, sessions: SESSIONS },
  {
    name: 'ranges of 512 KiB',
    fileBytes: 8 * MIB,
    files: 20,
    rangeBytes: 512 * KIB,
    sessions: SESSIONS,
  },
];

export const fileOf = ({ fileBytes }: Pick<Payload, 'fileBytes'>, number: number): string =>
  `${fileBytes / KIB}k/file-${number}.mp4`;
