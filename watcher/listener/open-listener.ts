import type { WatcherRules } from '../../state/environments/watcher-section.js';
import type { Surroundings } from '../contract/led.js';
import type { Measured, WatcherMetrics } from '../metrics/watcher-metrics.js';
import { type Listener, listen } from './listen.js';
import { repositoryKey } from './payload.js';
import { Triggers } from './triggers.js';

/** A watcher as a listener needs it. */
export interface Looking {
  /** The repositories that are watched, as their services remember them; undefined where not all are known yet. */
  watched(): Promise<readonly string[] | undefined>;
  /** Asks those of them now. */
  check(which: (place: { readonly location: string }) => boolean): Promise<unknown>;
  /** Has those who lead where this one stands by ask them now. */
  passOn(keys: ReadonlySet<string>): Promise<void>;
}

/**
 * Listens where `environments.yaml` says so: webhooks have the watcher look at once, and the metrics can be read.
 * @returns undefined where it says nothing of it
 * @throws ListenerFailed
 */
export async function openListener(
  watcher: Looking & Measured,
  { listen: address, triggers: forges }: WatcherRules,
  metrics: WatcherMetrics,
  { clock, log }: Surroundings,
): Promise<Listener | undefined> {
  if (address === undefined) return undefined;
  const triggers = new Triggers({
    clock,
    look: async (keys) => {
      await Promise.all([
        watcher.check(({ location }) => keys.has(repositoryKey(location) ?? '')),
        watcher.passOn(keys),
      ]);
    },
    failed: (error) => log.error('a look that a webhook asked for failed', { error }),
  });
  const listener = await listen({
    ...address,
    triggers: forges,
    async trigger(keys) {
      // Before the first pass nobody knows what is watched; that pass looks at everything.
      const known = (await watcher.watched())?.map(repositoryKey);
      const wanted = [...keys].filter((key) => known?.includes(key) ?? true);
      triggers.add(wanted);
      return wanted.length > 0;
    },
    metrics: async () => metrics.text(watcher),
    clock,
    answered(forge, status) {
      metrics.answered(forge, status);
      log.debug('a webhook is answered', { forge, status });
    },
    failed: (reason) => log.error('a webhook cannot be verified', { reason }),
  });
  log.info('listens for webhooks and for who reads metrics', { host: address.host, port: listener.port });
  return {
    port: listener.port,
    async close() {
      await listener.close();
      await triggers.close();
    },
  };
}
