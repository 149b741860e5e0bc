import { request } from 'node:http';

/** How a request went. */
interface Answer {
  readonly status: number;
  readonly servedBy: string | undefined;
  readonly text: string;
}

/** Milliseconds a client waits before it gives up; more than any balancer's own patience. */
const PATIENCE = 20_000;

/** Sends requests without a pause, as several clients at once, and keeps count of how they went. */
export class Traffic {
  readonly #url: string;
  readonly #clients: Promise<void>[] = [];
  readonly #served = new Map<string, number>();
  /** The texts written last, by name. */
  readonly #written = new Map<string, string>();
  #stopped = false;
  #answered = 0;
  readonly #failures: string[] = [];

  constructor(url: string, clients = 4) {
    this.#url = url;
    for (let client = 0; client < clients; client += 1) this.#clients.push(this.#run(client));
  }

  /** Requests that were answered with 200. */
  get answered(): number {
    return this.#answered;
  }

  /** A line for each request that was not. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** What was written and confirmed last, by name. */
  get written(): ReadonlyMap<string, string> {
    return this.#written;
  }

  /** How many each unit answered since the last call. */
  served(): ReadonlyMap<string, number> {
    const served = new Map(this.#served);
    this.#served.clear();
    return served;
  }

  /** Resolves when the requests under way are over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  /** Every other request writes. */
  async #run(client: number): Promise<void> {
    for (let count = 0; !this.#stopped; count += 1) {
      const text = count % 2 === 0 ? undefined : `${client} wrote this as number ${count}`;
      await this.#send(`note-${client}`, text);
    }
  }

  async #send(name: string, text: string | undefined): Promise<void> {
    const words = text === undefined ? 'GET /' : `PUT /${name}`;
    try {
      const answer = await send(this.#url + (text === undefined ? '' : name), text);
      if (answer.status !== 200) {
        this.#failures.push(`${words}: ${answer.status} ${answer.text.trim()} (${answer.servedBy})`);
        return;
      }
      this.#answered += 1;
      if (text !== undefined) this.#written.set(name, text);
      const by = answer.servedBy ?? 'nobody';
      this.#served.set(by, (this.#served.get(by) ?? 0) + 1);
    } catch (error) {
      this.#failures.push(`${words}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** One request, which writes where there is a text. */
export function send(url: string, text?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method: text === undefined ? 'GET' : 'PUT', agent: false, timeout: PATIENCE };
    const asked = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const by = answer.headers['x-served-by'];
        resolve({
          status: answer.statusCode ?? 0,
          servedBy: typeof by === 'string' ? by : undefined,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${PATIENCE} ms`)));
    asked.on('error', reject);
    asked.end(text);
  });
}
