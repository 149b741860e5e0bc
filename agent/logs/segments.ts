import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeExists } from '../../state/coordination/errors.js';
import { type LogLine, logSegments, SEGMENT_SIZE, SEGMENTS_KEPT } from '../../state/model/logs.js';
import { paths } from '../../state/model/paths.js';

/** The tree's copy of what a machine's units print and log: the last segments, the older ones removed. */
export interface Segments {
  /** Appends lines, in one transaction. Where it rejects, they may be given again. */
  append(lines: readonly LogLine[]): Promise<void>;
}

interface Segment {
  readonly number: number;
  /** As JSON. */
  readonly lines: readonly string[];
  readonly size: number;
}

export function logSegmentsOf(coordinator: Coordinator, machine: string): Segments {
  let last: Segment | undefined;
  let kept: readonly number[] = [];

  async function begin(): Promise<Segment> {
    for (const path of [paths.logs, paths.machineLogs(machine)]) {
      if ((await coordinator.get(path)) === undefined) await createUnlessThere(path);
    }
    kept = await logSegments(coordinator, machine);
    // A new one: what an agent before this one wrote stays as it is.
    return { number: (kept.at(-1) ?? 0) + 1, lines: [], size: 0 };
  }

  async function createUnlessThere(path: string): Promise<void> {
    await coordinator.create(path, '{}').catch((error: unknown) => {
      if (!(error instanceof NodeExists)) throw error;
    });
  }

  return {
    async append(lines) {
      const first = last ?? (await begin());
      const filled = fill(
        first,
        lines.map((line) => JSON.stringify(line)),
      );
      const created = filled.map(({ number }) => number).filter((number) => !kept.includes(number));
      const all = [...kept, ...created];
      const old = all.slice(0, Math.max(0, all.length - SEGMENTS_KEPT));
      const writes = filled
        .filter(({ number }) => !old.includes(number))
        .map(
          (segment): Operation => ({
            kind: kept.includes(segment.number) ? 'set' : 'create',
            path: paths.logSegment(machine, segment.number),
            value: segmentValue(segment),
          }),
        );
      const removals = old
        .filter((number) => kept.includes(number))
        .map((number): Operation => ({ kind: 'remove', path: paths.logSegment(machine, number) }));
      try {
        await coordinator.transaction([...writes, ...removals]);
      } catch (error) {
        // The answer may have been lost, and the lines not: they are not written twice then.
        const end = filled.at(-1);
        const stands = end && (await coordinator.get(paths.logSegment(machine, end.number)))?.value;
        last = undefined;
        if (end === undefined || stands !== segmentValue(end)) throw error;
      }
      last = filled.at(-1);
      kept = all.filter((number) => !old.includes(number));
    },
  };
}

/** Puts lines into a segment, and into new ones after it as each gets full. */
function fill(first: Segment, lines: readonly string[]): readonly Segment[] {
  const filled: Segment[] = [];
  let { number, size } = first;
  let own = [...first.lines];
  for (const line of lines) {
    const length = Buffer.byteLength(line) + 1;
    if (own.length > 0 && size + length > SEGMENT_SIZE) {
      filled.push({ number, lines: own, size });
      number += 1;
      own = [];
      size = 0;
    }
    own.push(line);
    size += length;
  }
  return [...filled, { number, lines: own, size }];
}

function segmentValue({ lines }: Segment): string {
  return `{"lines":[${lines.join(',')}]}`;
}
