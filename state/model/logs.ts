import type { Coordinator } from '../coordination/coordinator.js';
import * as z from '../platform/zod.js';
import { type Problem, readSound } from './entity.js';
import { paths } from './paths.js';

/** From what is of use to a formula's author only, to what is worst. */
export const logLevels = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;

/** A line of a unit's log. `hook` is empty where none of this agent's had begun. */
const logLineSchema = z.looseObject({
  /** ISO instant: exact for `ensemble-log`; for what hooks print, the latest moment it may have been printed. */
  time: z.string(),
  unit: z.string(),
  hook: z.string(),
  /** One of `logLevels`, or one that this release does not know. */
  level: z.string(),
  message: z.string(),
});

/** `/logs/<machine>/<number>`: lines in their order; a segment grows until it is full, and then the next one does. */
const logSegmentSchema = z.looseObject({ lines: z.array(logLineSchema) });

export type LogLevel = (typeof logLevels)[number];
export type LogLine = z.infer<typeof logLineSchema>;

/** Bytes a segment holds at most. */
export const SEGMENT_SIZE = 64 * 1024;

/** Segments kept per machine. */
export const SEGMENTS_KEPT = 16;

/** How far a machine's lines were read. */
export interface LogPosition {
  readonly segment: number;
  /** Lines read of it. */
  readonly lines: number;
}

export const logBeginning: LogPosition = { segment: 0, lines: 0 };

/** The segments of a machine that there are, oldest first. */
export async function logSegments(coordinator: Coordinator, machine: string): Promise<readonly number[]> {
  const names = (await coordinator.children(paths.machineLogs(machine))) ?? [];
  return names.map(Number).filter(Number.isSafeInteger);
}

/**
 * The lines a machine logged after a position, and the position after them. Older ones than are kept are left out, which
 * `isCutOff` tells.
 * @param problems gets the segments that cannot be read
 */
export async function readLogs(
  coordinator: Coordinator,
  machine: string,
  after: LogPosition = logBeginning,
  problems: Problem[] = [],
): Promise<{
  readonly lines: readonly LogLine[];
  readonly position: LogPosition;
  readonly isCutOff: boolean;
}> {
  const kept = await logSegments(coordinator, machine);
  const segments = kept.filter((segment) => segment >= after.segment);
  const read = await Promise.all(
    segments.map(async (segment) => {
      const found = await readSound(
        coordinator,
        paths.logSegment(machine, segment),
        logSegmentSchema,
        problems,
      );
      return { segment, lines: found?.value.lines };
    }),
  );
  let position = after;
  const lines = read.flatMap(({ segment, lines: all }) => {
    if (all === undefined) return [];
    const known = segment === after.segment ? after.lines : 0;
    position = { segment, lines: all.length };
    return all.slice(known);
  });
  // The first that a machine ever has is number 1.
  return { lines, position, isCutOff: (kept[0] ?? 1) > Math.max(after.segment, 1) };
}
