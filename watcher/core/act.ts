import type { WatcherFingerprint } from '../../state/model/watcher.js';
import type { Aim, Decision } from './decide.js';

/** The outside, as far as the watcher acts on it. Each resolves when that is acknowledged, and may be asked twice. */
export interface Ports {
  /** Has somebody told; `id` is the fingerprint. */
  announce(id: string): Promise<void>;
  stage(aim: Aim): Promise<void>;
  begin(aim: Aim): Promise<void>;
  /** Keeps what was done, for whoever looks next. */
  store(done: WatcherFingerprint): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Fingerprints that are kept of each service: what is as it was before is not announced again. */
const MOST_ANNOUNCED = 32;

/**
 * Does what was decided, and stores each step after it was acknowledged and never before: whoever is interrupted, by
 * whatever, has it done again from there, and every step may be done twice.
 * @throws whatever a port throws; what was done before is stored
 */
export async function act(
  decision: Decision,
  stored: WatcherFingerprint | undefined,
  ports: Ports,
): Promise<WatcherFingerprint | undefined> {
  const { fingerprint, announce, stage, begin, begun, deferred } = decision;
  if (fingerprint === undefined) return stored;
  let done: WatcherFingerprint | undefined = stored;
  const store = async (change: Partial<WatcherFingerprint>): Promise<void> => {
    done = {
      fingerprint: '',
      announced: [],
      ...done,
      ...change,
      at: new Date(ports.now()).toISOString(),
    };
    await ports.store(done);
  };
  if (begun !== undefined) await store({ begun });
  if (announce) {
    await ports.announce(fingerprint);
    await store({ announced: [...(stored?.announced ?? []), fingerprint].slice(-MOST_ANNOUNCED) });
  }
  if (stage !== undefined) {
    await ports.stage(stage);
    await store({ staged: stage.formula });
  }
  if (begin !== undefined) {
    await ports.begin(begin);
    await store({ begun: begin.formula });
  }
  const waits = deferred === undefined ? undefined : `${deferred.aim.formula}: ${deferred.why}`;
  if (done?.fingerprint !== fingerprint || done.deferred !== waits) {
    const { deferred: _, ...rest } = done ?? { announced: [] };
    done = {
      ...rest,
      fingerprint,
      at: new Date(ports.now()).toISOString(),
      ...(waits !== undefined && { deferred: waits }),
    };
    await ports.store(done);
  }
  return done;
}
