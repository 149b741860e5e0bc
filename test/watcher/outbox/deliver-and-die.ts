import { openCoordinator } from '../../../state/coordination/open.js';
import { systemClock } from '../../../state/platform/clock.js';
import { Deliverer } from '../../../watcher/outbox/deliverer.js';
import { openSinks } from '../../../watcher/sinks/open-sinks.js';

/** Announces one thing to the webhook of its arguments, and delivers until it is killed. */
const [state = '', url = '', id = ''] = process.argv.slice(2);
const deliverer = new Deliverer({
  coordinator: await openCoordinator(state),
  environment: 'e',
  sinks: openSinks(
    [{ name: 'chat', kind: 'webhook', url, timeout: 60_000, tries: 9, giveUp: 86_400_000 }],
    systemClock,
  ),
  clock: systemClock,
  random: Math.random,
  tried: () => undefined,
  failed: () => undefined,
});
if (id !== '') await deliverer.announce({ id, environment: 'e', service: 'web' });
