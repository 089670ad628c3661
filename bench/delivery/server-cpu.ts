import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second in /proc. Source: proc(5); `getconf CLK_TCK` is 100 on Linux. */
const TICKS_PER_SECOND = 100;

/** CPU seconds that processes and all that descend from them have taken, as far as those still run. */
export function cpuSeconds(roots: readonly number[]): number {
  const ticks = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const entry of readdirSync('/proc'))
    if (/^\d+$/.test(entry)) {
      const stat = statOf(entry);
      if (stat) ticks.set(Number(entry), stat);
    }
  const isOurs = (pid: number): boolean => {
    if (roots.includes(pid)) return true;
    const parent = ticks.get(pid)?.parent ?? 0;
    return parent > 1 && isOurs(parent);
  };
  let sum = 0;
  for (const [pid, one] of ticks) if (isOurs(pid)) sum += one.ticks;
  return sum / TICKS_PER_SECOND;
}

function statOf(pid: string) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}
