/** The machine's clocks at one moment. */
export interface Moment {
  /** Identifies the machine's boot. */
  readonly boot: string;
  /** Milliseconds since that boot. */
  readonly monotonic: number;
  /** Milliseconds since the epoch, as the machine believes. */
  readonly now: number;
}

/** From where something's age is counted on: `aged` milliseconds at that moment. */
export interface AgeMark extends Moment {
  readonly aged: number;
}

/** Milliseconds after a boot by which the machine's clock counts as set: one without a battery begins in 1970. */
const SETTLED = 3_600_000;

/** Milliseconds by which the two clocks may part before a mark is made anew. */
const APART = 60_000;

/**
 * How old it is, in milliseconds. Within one boot only the monotonic clock counts, so no jump of the machine's clock makes
 * anything older. From one boot to the next there is nothing but that clock: it is believed when it had an hour to be
 * set, both when the mark was made and now, and never counts less than the time since the boot.
 */
export function ageOf(mark: AgeMark, seen: Moment): number {
  const { aged, boot, monotonic, now } = mark;
  if (boot === seen.boot) return aged + Math.max(0, seen.monotonic - monotonic);
  if (Math.min(monotonic, seen.monotonic) < SETTLED) return aged + seen.monotonic;
  return aged + Math.max(seen.monotonic, seen.now - now);
}

/** Milliseconds until a mark can be made whose time counts beyond this boot; 0 where this one is such a mark. */
export function untilSettled(mark: AgeMark, seen: Moment): number {
  if (mark.boot === seen.boot && mark.monotonic >= SETTLED) return 0;
  return Math.max(0, SETTLED - seen.monotonic);
}

/**
 * The mark from which to count on. It is another one after a boot, once that can be judged; and where the machine's clock
 * was set meanwhile, or had the time to be, as the next boot would otherwise count from a time that was wrong, or from none.
 */
export function markAgain(mark: AgeMark, seen: Moment): AgeMark {
  const isSameBoot = mark.boot === seen.boot;
  if (!isSameBoot && seen.monotonic < SETTLED) return mark;
  const parted = seen.now - mark.now - (seen.monotonic - mark.monotonic);
  const isSettledNow = mark.monotonic < SETTLED && seen.monotonic >= SETTLED;
  if (isSameBoot && !isSettledNow && Math.abs(parted) < APART) return mark;
  return { ...seen, aged: ageOf(mark, seen) };
}
