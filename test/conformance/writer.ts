// A process that writes to a coordinator, for the conformance suite: `node writer.js '<an Order as JSON>'`. It prints
// `ready`, begins when its standard input ends, and exits with 0 when it is done.

import type { Coordinator } from '../../state/coordination/coordinator.js';
import { VersionConflict } from '../../state/coordination/errors.js';
import { openCoordinator } from '../../state/coordination/open.js';
import type { Order } from './writing.js';

async function count(coordinator: Coordinator, path: string): Promise<void> {
  for (;;) {
    const node = await coordinator.get(path);
    if (node === undefined) throw new Error(`${path} is missing`);
    try {
      await coordinator.set(path, String(Number(node.value) + 1), node.version);
      return;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
  }
}

async function step(
  coordinator: Coordinator,
  order: Exclude<Order, { do: 'hold' }>,
  at: number,
): Promise<void> {
  switch (order.do) {
    case 'count':
      return count(coordinator, order.path);
    case 'write':
      await coordinator.set(order.path, `${order.name}-${at + 1}`);
      return;
    case 'children': {
      const child = `${order.path}/${order.name}-${at >> 1}`;
      return at % 2 === 0 ? coordinator.create(child, '') : coordinator.remove(child);
    }
  }
}

const order: Order = JSON.parse(process.argv[2] ?? '');
const coordinator = await openCoordinator(order.url, order.options);
if (order.do === 'hold') await coordinator.create(order.path, String(process.pid), { ephemeral: true });
process.stdout.write('ready\n');
if (order.do === 'hold') {
  setInterval(() => {}, 60_000);
} else {
  await new Promise((resolve) => process.stdin.once('end', resolve).resume());
  for (let at = 0; at < order.times; at++) await step(coordinator, order, at);
  await coordinator.close();
}
