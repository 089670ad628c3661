import {
  type BitsPerSecond,
  type Bytes,
  bitsPerSecond,
  bytes,
  gigabitsPerSecond,
} from '../units.ts';

/** Disks of one kind. */
export interface DiskBay {
  readonly tier: 'flash' | 'hdd';
  readonly count: number;
  /** Of one disk, in the vendors' decimal bytes. */
  readonly capacityBytes: Bytes;
  /** Of one disk, reading from end to end. */
  readonly sequentialRead: BitsPerSecond;
  /** From one read to the next elsewhere, on average: seek and half a turn. 0 for flash. */
  readonly positioningMs: number;
}

/** What an appliance is made of, as far as its capacity goes. */
export interface HardwareProfile {
  readonly name: string;
  readonly bays: readonly DiskBay[];
  /** What it can send to clients, all ports together. */
  readonly network: BitsPerSecond;
  readonly memoryBytes: Bytes;
  /** What its memory moves, reads and writes together. */
  readonly memoryBandwidth: BitsPerSecond;
}

const terabytes = (value: number): Bytes => bytes(Math.round(value * 1e12));
const gigabytesPerSecond = (value: number): BitsPerSecond => bitsPerSecond(value * 8e9);

/**
 * A disk of 7,200 turns a minute. Half a turn takes 60 s / 7,200 / 2; the seek is that of data sheets of large disks.
 * Assumption: 8.5 ms.
 */
const HDD_POSITIONING_MS = 8.5 + 60_000 / 7200 / 2;

/**
 * The sketch's generation 5: 8 × 7.68 TB of flash that read 28 GB/s together, 36 × 20 TB of hdd that read 8 GB/s together,
 * 2 × 100 GbE, 256 GB of memory. Its memory's bandwidth is not told. Assumption: eight channels of DDR4-3200, 204.8 GB/s, of
 * which seven tenths can be had.
 */
const GENERATION_5: HardwareProfile = {
  name: 'generation 5',
  bays: [
    {
      ...{ tier: 'flash', count: 8, capacityBytes: terabytes(7.68), positioningMs: 0 },
      sequentialRead: gigabytesPerSecond(28 / 8),
    },
    {
      ...{ tier: 'hdd', count: 36, capacityBytes: terabytes(20) },
      ...{ sequentialRead: gigabytesPerSecond(8 / 36), positioningMs: HDD_POSITIONING_MS },
    },
  ],
  network: gigabitsPerSecond(200),
  memoryBytes: bytes(256e9),
  memoryBandwidth: gigabytesPerSecond(0.7 * 204.8),
};

/** The same without its hard disks, for exchange points and small sites. Assumption. */
const GENERATION_5_FLASH: HardwareProfile = {
  ...GENERATION_5,
  name: 'generation 5, flash only',
  bays: GENERATION_5.bays.filter(({ tier }) => tier === 'flash'),
};

/**
 * Instances of EC2 by their type: disks and what goes through an internet gateway, which is half of 100 and of 75 Gbit/s.
 * Source: Amazon EC2 User Guide, "Amazon EC2 instance network bandwidth"; disks and network as remembered from the
 * Instance Types Guide, which was not at hand. Assumption: what the disks read (16 GB/s and 6.2 GB/s together), and memory
 * of six channels of DDR4-2933 a socket, seven tenths of it.
 */
const I3EN_24XLARGE: HardwareProfile = {
  name: 'i3en.24xlarge',
  bays: [
    {
      ...{ tier: 'flash', count: 8, capacityBytes: terabytes(7.5), positioningMs: 0 },
      sequentialRead: gigabytesPerSecond(16 / 8),
    },
  ],
  network: gigabitsPerSecond(50),
  memoryBytes: bytes(768 * 2 ** 30),
  memoryBandwidth: gigabytesPerSecond(0.7 * 281.6),
};
const D3EN_12XLARGE: HardwareProfile = {
  name: 'd3en.12xlarge',
  bays: [
    {
      ...{ tier: 'hdd', count: 24, capacityBytes: terabytes(14) },
      ...{ sequentialRead: gigabytesPerSecond(6.2 / 24), positioningMs: HDD_POSITIONING_MS },
    },
  ],
  network: gigabitsPerSecond(37.5),
  memoryBytes: bytes(192 * 2 ** 30),
  memoryBandwidth: gigabytesPerSecond(0.7 * 140.8),
};

export const HARDWARE_PROFILES: readonly HardwareProfile[] = [
  GENERATION_5,
  GENERATION_5_FLASH,
  I3EN_24XLARGE,
  D3EN_12XLARGE,
];
