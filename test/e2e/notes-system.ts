import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { freePortsInARow } from '../../examples/demo/ports.js';
import { send, Traffic } from '../../examples/demo/traffic.js';
import { World } from '../agent/world.js';
import { endProcess } from '../end-process.js';
import { eventually } from '../eventually.js';
import type { Engines } from './engines.js';
import { Operator } from './operator.js';

const repository = fileURLToPath(new URL('../../../examples/principia', import.meta.url));

/** What `status` says of a unit. */
export interface NotesUnit {
  readonly state: string;
  readonly formula: string;
  readonly message: string;
}

/** The services of the example in an environment of their own: a balancer in front of notes, which a store keeps. */
export class NotesSystem {
  #traffic: Traffic | undefined;

  private constructor(
    readonly world: World,
    readonly operator: Operator,
    /** Where the balancer answers. */
    readonly url: string,
  ) {}

  /** An environment that is bootstrapped, with ports for the services, and nothing else. */
  static async open(engines: Engines): Promise<NotesSystem> {
    const world = await World.open({ ...engines.environment(), bootstrapped: false });
    const operator = new Operator(world.root);
    await operator.does('bootstrap');
    // Apart from those of tests that run at the same time, which are above these: see `freePorts`.
    const base = await freePortsInARow(10, 2_000 + 10 * Math.floor(Math.random() * 500));
    const ports = { balancer: base, store: base + 1, notes: base + 2 };
    for (const [service, port] of Object.entries(ports))
      await writeFile(world.path(`${service}.yaml`), `base-port: ${port}\n`);
    return new NotesSystem(world, operator, `http://127.0.0.1:${base}/`);
  }

  async close(): Promise<void> {
    await this.#traffic?.stop();
    this.operator.close();
    await this.world.close();
    for (const pid of this.daemons()) endProcess(pid);
  }

  /** The processes of services, which outlive their agents; they all name their data directory. */
  daemons(): readonly number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0${this.world.root}/`);
        } catch {
          return false;
        }
      });
  }

  async units(service: string): Promise<Readonly<Record<string, NotesUnit>>> {
    const { services } = JSON.parse(await this.operator.status());
    return services[service]?.units ?? {};
  }

  /** @param units of notes */
  async deploy(service: string, formula = service, units = 1): Promise<void> {
    const config = this.world.path(`${service}.yaml`);
    const count = String(units);
    const from = `--repository=${repository}`;
    await this.operator.does('deploy', from, '--config', config, '-n', count, formula, service);
  }

  /** Store, notes of revision 1 and balancer, related; resolves when a request goes all the way. */
  async deployAll(notes = 1): Promise<void> {
    await this.deploy('store');
    await this.deploy('notes', 'notes-1', notes);
    await this.deploy('balancer');
    await this.operator.does('add-relation', 'notes', 'store');
    await this.operator.does('add-relation', 'notes', 'balancer');
    await eventually(async () => assert.equal((await send(this.url)).status, 200), 60_000);
  }

  /** Starts the traffic, and waits until there is some. */
  async flowing(clients?: number): Promise<Traffic> {
    const traffic = new Traffic(this.url, clients);
    this.#traffic = traffic;
    await more(traffic);
    return traffic;
  }
}

/** Waits until requests that began now were answered. */
export async function more(flow: Traffic): Promise<void> {
  const wanted = flow.answered + 20;
  await eventually(() => assert.ok(flow.answered >= wanted, flow.failures.join('\n')), 60_000);
}

/** Waits until exactly these units answer. */
export async function servedBy(flow: Traffic, ...names: readonly string[]): Promise<void> {
  await eventually(async () => {
    flow.served();
    await more(flow);
    assert.deepEqual([...flow.served().keys()].sort(), names);
  }, 60_000);
}

export function lostNothing(flow: Traffic): void {
  assert.deepEqual(flow.failures, [], `of ${flow.answered} requests`);
}
