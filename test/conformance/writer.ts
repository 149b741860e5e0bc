// A process that writes to a coordinator, for the conformance suite: `node writer.js '<an Order as JSON>'`. It prints
// `ready`, begins when its standard input ends, and exits with 0 when it is done.

import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type Leadership, standForElection } from '../../state/coordination/election.js';
import { OutcomeUnknown, VersionConflict } from '../../state/coordination/errors.js';
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
  order: Exclude<Order, { do: 'hold' | 'lead' }>,
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
const leadership = order.do === 'lead' ? await leads(order.path) : undefined;
process.stdout.write('ready\n');
if (order.do === 'hold') {
  setInterval(() => {}, 60_000);
} else {
  await new Promise((resolve) => process.stdin.once('end', resolve).resume());
  if (order.do === 'lead') process.exit((await isRefused(order.plan)) ? 0 : 1);
  for (let at = 0; at < order.times; at++) await step(coordinator, order, at);
  await coordinator.close();
}

function leads(path: string): Promise<Leadership> {
  return new Promise((lead, failed) => {
    standForElection(coordinator, path, {
      name: 'writer',
      lead,
      failed,
      clock: systemClock,
      random: Math.random,
    });
  });
}

/** Sets `plan` as a leader does, however late. */
async function isRefused(plan: string): Promise<boolean> {
  const guard = leadership === undefined ? [] : [leadership.guard];
  for (;;) {
    try {
      await coordinator.transaction([...guard, { kind: 'set', path: plan, value: 'late' }]);
      return false;
    } catch (error) {
      if (error instanceof VersionConflict) return true;
      // The session that it was asked in is over by now.
      if (!(error instanceof OutcomeUnknown)) throw error;
    }
  }
}
