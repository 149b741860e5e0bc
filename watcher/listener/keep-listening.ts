import { pause } from '../../state/platform/clock.js';
import type { Surroundings } from '../contract/led.js';
import { ListenerFailed } from './errors.js';

/** Milliseconds after which an address that is taken is tried again. */
const TRYING_AGAIN = 2_000;

interface Closing {
  close(): Promise<void>;
}

type Open = () => Promise<Closing | undefined>;
type Around = Pick<Surroundings, 'clock' | 'log'>;

/**
 * Listens as soon as the address is to be had: until then another watcher on this machine listens there, which this one may
 * take over from, or another program does, and all else goes on.
 * @param open opens the listener; undefined where nothing is to listen
 * @throws ListenerFailed where the address is not to be had for another reason, whatever `open` throws
 */
export async function keepListening(open: Open, surroundings: Around): Promise<Closing> {
  const opened = await unlessTaken(open);
  if (!(opened instanceof ListenerFailed)) return { close: async () => opened?.close() };
  surroundings.log.warning('does not listen yet, and tries again: the address is taken', { error: opened });
  const closing = new AbortController();
  const later = untilListening(open, surroundings, closing.signal);
  return {
    async close() {
      closing.abort();
      await (await later)?.close();
    },
  };
}

async function untilListening(
  open: Open,
  { clock, log }: Around,
  signal: AbortSignal,
): Promise<Closing | undefined> {
  for (;;) {
    await pause(clock, TRYING_AGAIN, signal).catch(() => undefined);
    if (signal.aborted) return undefined;
    try {
      const opened = await unlessTaken(open);
      if (!(opened instanceof ListenerFailed)) return opened;
    } catch (error) {
      log.error('cannot listen, and tries again', { error });
    }
  }
}

async function unlessTaken(open: Open): Promise<Closing | ListenerFailed | undefined> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof ListenerFailed && error.reason === 'EADDRINUSE') return error;
    throw error;
  }
}
