import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Log } from '../contract/log.js';
import type { Formulas } from './formulas.js';

/** Milliseconds after which a bundle is tried again that could not be fetched. */
const AGAIN = 60_000;

/** Bundles that services of this machine may need soon. */
export interface Prefetching {
  /**
   * The service names this formula to be fetched before anybody asks for it; undefined where it names none. It is fetched
   * and verified once, and tried again where that fails, as long as the service names it.
   */
  wanted(service: string, formula: string | undefined): void;
  /** The digests of those that are wanted and known: their bundles are kept. */
  needed(): readonly string[];
  close(): void;
}

/** Fetches the bundles that services name, so that an upgrade to one pauses no unit for its download. */
export function prefetching(
  formulas: Pick<Formulas, 'fetch' | 'known'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Prefetching {
  const wishes = new Map<string, { readonly formula: string; timer?: Timer }>();

  function fetch(service: string, formula: string): void {
    const wish: { readonly formula: string; timer?: Timer } = { formula };
    wishes.set(service, wish);
    formulas.fetch(formula).then(
      () => log.debug('a formula is here before it is asked for', { service, formula }),
      (error: unknown) => {
        if (wishes.get(service) !== wish) return;
        log.warning('a formula that may be needed soon cannot be fetched, and is tried again', {
          service,
          formula,
          error,
        });
        wish.timer = clock.after(AGAIN, () => fetch(service, formula));
      },
    );
  }

  return {
    wanted(service, formula) {
      const before = wishes.get(service);
      if (before?.formula === formula) return;
      before?.timer?.cancel();
      if (formula === undefined) wishes.delete(service);
      else fetch(service, formula);
    },
    needed: () => [...wishes.values()].flatMap(({ formula }) => formulas.known(formula)?.ref.sha256 ?? []),
    close() {
      for (const { timer } of wishes.values()) timer?.cancel();
      wishes.clear();
    },
  };
}
