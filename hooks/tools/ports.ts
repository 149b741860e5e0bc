import type { HookContext } from '../context/hook-context.js';
import { parsePort } from '../context/port.js';
import { ToolUsageError } from '../errors.js';
import type { HookTool } from './tool.js';

/** Opens a port when the hook succeeds. */
export const openPort = portTool(
  'open-port',
  'tell that the unit serves on a port',
  async (context, port) => {
    const open = await context.ports();
    const isOpen = open.some(({ number, protocol }) => number === port.number && protocol === port.protocol);
    if (!isOpen && open.length >= MOST_PORTS)
      throw new ToolUsageError({
        tool: 'open-port',
        problem: `the unit has ${MOST_PORTS} open ports, and may have no more`,
      });
    await context.openPort(port);
  },
);

/** Open ports of a unit: they stand in its node, which the coordinator bounds. */
const MOST_PORTS = 2_000;

/** Closes a port when the hook succeeds; one that was not open is fine. */
export const closePort = portTool(
  'close-port',
  'tell that the unit no longer serves on a port',
  (context, port) => context.closePort(port),
);

function portTool(
  name: string,
  summary: string,
  change: (context: HookContext, port: NonNullable<ReturnType<typeof parsePort>>) => Promise<void>,
): HookTool {
  return {
    name,
    summary: `${summary}; takes effect when the hook succeeds`,
    examples: [`${name} 80`, `${name} 53/udp`],
    define(command, { context }) {
      command
        .argument('<port>', '1 to 65535, with /tcp (the default) or /udp')
        .action(async (text: string) => {
          const port = parsePort(text);
          if (!port)
            throw new ToolUsageError({
              tool: name,
              problem: `"${text}" is no port; write one as 80, 80/tcp or 53/udp`,
            });
          await change(context, port);
        });
    },
  };
}
