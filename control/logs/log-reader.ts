import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import type { Problem } from '../../state/model/entity.js';
import { type LogLine, type LogPosition, logBeginning, readLogs } from '../../state/model/logs.js';
import { paths } from '../../state/model/paths.js';

/** How far the logs of each machine were read. */
export type LogPositions = ReadonlyMap<string, LogPosition>;

/**
 * Reads the logs of all machines, as far as they are kept, by time; the lines of one unit stay in their order.
 * @param problems gets the nodes that cannot be read
 */
export async function readAllLogs(
  coordinator: Coordinator,
  problems: Problem[] = [],
): Promise<{
  readonly lines: readonly LogLine[];
  readonly positions: LogPositions;
  /** Machines of which older lines were there, and are not kept. */
  readonly cutOff: readonly string[];
}> {
  const machines = (await coordinator.children(paths.logs)) ?? [];
  const read = await Promise.all(
    machines.map(async (machine) => ({
      machine,
      ...(await readLogs(coordinator, machine, logBeginning, problems)),
    })),
  );
  return {
    lines: read.flatMap(({ lines }) => lines).sort(byTime),
    positions: new Map(read.map(({ machine, position }) => [machine, position])),
    cutOff: read.filter(({ isCutOff }) => isCutOff).map(({ machine }) => machine),
  };
}

/**
 * Calls `look` with the lines that come after the positions, until it is interrupted. What is observed only says that
 * there is more; each machine is then read from where it was read to.
 */
export async function followLogs(
  coordinator: Coordinator,
  positions: LogPositions,
  interrupt: AbortSignal,
  look: (lines: readonly LogLine[]) => void,
): Promise<void> {
  const machines = new Map<string, Observation>();
  let observation: Observation | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      if (interrupt.aborted) resolve();
      interrupt.addEventListener('abort', () => resolve(), { once: true });
      observation = coordinator.observeChildren(paths.logs, (names = []) => {
        for (const machine of names) {
          if (machines.has(machine)) continue;
          const from = positions.get(machine) ?? logBeginning;
          machines.set(machine, followMachine(coordinator, machine, from, look, reject));
        }
      });
    });
  } finally {
    observation?.close();
    for (const machine of machines.values()) machine.close();
  }
}

function followMachine(
  coordinator: Coordinator,
  machine: string,
  from: LogPosition,
  look: (lines: readonly LogLine[]) => void,
  failed: (error: unknown) => void,
): Observation {
  let position = from;
  let last: { readonly name: string; readonly observation: Observation } | undefined;
  let reading = false;
  let stale = false;
  let closed = false;

  const read = async (): Promise<void> => {
    stale = true;
    if (reading) return;
    reading = true;
    while (stale && !closed) {
      stale = false;
      const more = await readLogs(coordinator, machine, position);
      position = more.position;
      if (!closed && more.lines.length > 0) look(more.lines);
    }
    reading = false;
  };
  const readSoon = (): void => {
    read().catch((error: unknown) => {
      if (!closed) failed(error);
    });
  };

  const segments = coordinator.observeChildren(paths.machineLogs(machine), (names = []) => {
    const name = names.at(-1);
    if (name !== undefined && name !== last?.name) {
      last?.observation.close();
      const path = paths.logSegment(machine, Number(name));
      last = { name, observation: coordinator.observe(path, readSoon) };
    }
    readSoon();
  });
  return {
    close() {
      closed = true;
      segments.close();
      last?.observation.close();
    },
  };
}

function byTime(a: LogLine, b: LogLine): number {
  return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
}
