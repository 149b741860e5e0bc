import { type Clock, systemClock } from '../clock.js';
import { HelperSilent } from './helper.js';
import { Helpers, SILENCE } from './helpers.js';

/**
 * Waits until a directory answers, so that it can be read here afterwards: what hangs in this process, such as a network
 * mount that is away, can be ended by nobody, not even by Ctrl-C.
 * @param silence milliseconds after which it is taken to hang
 * @returns why it cannot be used, in words that follow "it"; undefined where it answers, be it by an error
 */
export async function whyNotAnswering(
  directory: string,
  clock: Clock = systemClock,
  silence = SILENCE,
): Promise<string | undefined> {
  const helpers = new Helpers(clock, silence);
  try {
    await helpers.answer(['list', directory]);
    return undefined;
  } catch (error) {
    return error instanceof HelperSilent ? `has not answered for ${error.seconds} seconds` : undefined;
  } finally {
    helpers.close();
  }
}
