import type { Server } from './url.js';

/** The next server to try. */
interface Turn {
  readonly server: Server;
  /** Milliseconds to wait before it. */
  readonly delay: number;
  /** Milliseconds within which the server must have attached the session. */
  readonly limit: number;
  /** How often all servers were tried since a connection was last trusted. */
  readonly round: number;
}

const FIRST_DELAY = 100;
const LEAST_LIMIT = 250;

/**
 * Which server comes next, after which wait, and how long it has. The first round through all servers goes without a
 * wait and fits into the third of the session's time that a heartbeat leaves; after it, waits double round by round,
 * and limits with every round's worth of servers that were too slow. (Servers which refuse at once, as those of an
 * ensemble do while it elects a leader, say nothing about how long an answer takes.) Waits are drawn uniformly, so that
 * the clients of a server that comes back do not come all at once.
 */
export class Rotation {
  readonly #servers: readonly Server[];
  #next = 0;
  #tries = 0;
  #slow = 0;
  readonly #random: () => number;

  constructor(servers: readonly Server[], random: () => number) {
    this.#random = random;
    this.#servers = shuffled(servers, random);
  }

  /** @param timeout the session's, in milliseconds */
  turn(timeout: number): Turn {
    const count = this.#servers.length;
    const server = this.#servers[this.#next % count];
    if (server === undefined) throw new TypeError('a rotation needs a server');
    const round = Math.min(Math.floor(this.#tries / count), 20);
    const patience = Math.min(Math.floor(this.#slow / count), 20);
    const startsRound = round > 0 && this.#tries % count === 0;
    this.#next = (this.#next + 1) % count;
    this.#tries += 1;
    return {
      server,
      round,
      delay: startsRound ? this.#random() * Math.min(FIRST_DELAY * 2 ** (round - 1), timeout / 3) : 0,
      limit: Math.min(Math.max(timeout / 3 / count, LEAST_LIMIT) * 2 ** patience, (timeout * 2) / 3),
    };
  }

  /** The server of the last turn is to be tried again first, without a wait. */
  again(): void {
    const count = this.#servers.length;
    this.#next = (this.#next + count - 1) % count;
    this.#tries = Math.max(0, this.#tries - 1);
  }

  /** The server of the last turn did not answer within its limit. */
  tooSlow(): void {
    this.#slow += 1;
  }

  /** A connection stood long enough to trust: the next loss begins with the first round. */
  settled(): void {
    this.#tries = 0;
    this.#slow = 0;
  }
}

function shuffled(servers: readonly Server[], random: () => number): readonly Server[] {
  return servers
    .map((server) => ({ server, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ server }) => server);
}
