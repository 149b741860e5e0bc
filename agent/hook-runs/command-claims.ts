import { type Claim, claimCommand } from '../../state/model/commands.js';
import { pause } from '../../state/platform/clock.js';
import { pauseAfter } from '../contract/retry.js';
import type { Uses } from '../machine/parts.js';

/** Milliseconds for which a unit waits to learn that a command is still wanted. */
const CLAIM_LIMIT = 2_000;

/** The unit whose commands they are. */
interface ClaimHost extends Uses<'clock' | 'coordinator' | 'log' | 'random'> {
  readonly name: string;
  /** Looks again at everything that may ask something of the unit. */
  look(): void;
}

/**
 * Asks, before each command of an operator begins, whether it was taken back: who asked may have said so by now, while
 * this agent heard nothing of the coordinator. Where that does not answer, or cannot note it, the command is let be for
 * a while, and no hook is kept waiting for it. Asked again at once it would say the same, and an agent that asks without
 * a pause hears of nothing else.
 */
export class CommandClaims {
  readonly #host: ClaimHost;
  /** The ids of requests that are let be for now. */
  readonly #letBe = new Set<string>();
  /** How often in a row the state did not let each of them begin. */
  readonly #refusals = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(host: ClaimHost) {
    this.#host = host;
  }

  /** True if this request is not to be claimed now; the unit looks again when it is. */
  isLetBe(id: string): boolean {
    return this.#letBe.has(id);
  }

  /** Forgets all requests but these. */
  keep(requests: ReadonlyMap<string, unknown>): void {
    for (const id of this.#refusals.keys()) if (!requests.has(id)) this.#refusals.delete(id);
  }

  /** Looks at none of them again. */
  close(): void {
    this.#closing.abort();
  }

  /**
   * Claims a request for this agent.
   * @param begin what it says then
   * @returns `withdrawn` also where it is let be for now
   */
  async claim(id: string, begin: Parameters<typeof claimCommand>[3]): Promise<Claim> {
    const { name, parts } = this.#host;
    const inTime = new AbortController();
    const claim = claimCommand(parts.coordinator, name, id, begin).catch((error: unknown) => {
      parts.log.warning('it cannot be noted that a command begins; tried again', { unit: name, error });
      return 'unclear' as const;
    });
    const late = pause(parts.clock, CLAIM_LIMIT, inTime.signal).then(() => 'late' as const);
    late.catch(() => undefined);
    const answer = await Promise.race([claim, late]);
    inTime.abort();
    if (answer === 'claimed' || answer === 'begun-before') return answer;
    this.#letBeUntil(id, answer === 'late' ? claim : this.#pauseFor(id));
    return 'withdrawn';
  }

  #pauseFor(id: string): Promise<void> {
    const { clock, random } = this.#host.parts;
    const times = this.#refusals.get(id) ?? 0;
    this.#refusals.set(id, times + 1);
    return pause(clock, pauseAfter(times, random), this.#closing.signal);
  }

  #letBeUntil(id: string, end: Promise<unknown>): void {
    this.#letBe.add(id);
    end
      .then(() => {
        this.#letBe.delete(id);
        this.#host.look();
      })
      .catch(() => undefined);
  }
}
