import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AgentOptions } from '../../agent/options.js';
import { type RunningAgent, startAgent } from '../../agent/agent.js';
import { type Log, type LogFields, type LogLevel, sentence } from '../../agent/contract/log.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { bundleFormula } from '../../state/formula/bundle.js';
import { readFormula } from '../../state/formula/formula.js';
import { newChangeId } from '../../state/model/conflict.js';
import { registerFormula } from '../../state/model/formulas.js';
import { markNew } from '../../state/layouts/marker.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { nodeOfUnit } from '../../state/model/paths.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { createService, editService } from '../../state/model/services.js';
import { readUnitState, type UnitState } from '../../control/status/snapshot.js';
import { addUnits } from '../../control/deploy/add-units.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import { bundleKey } from '../../state/storage/key.js';
import { openStorage } from '../../state/storage/open.js';
import { eventually } from '../eventually.js';
import { AgentProcess, type AgentProcessOptions } from './agent-process.js';

/** How operators sign their requests in tests. */
export const requester = { requestedAt: '2026-01-01T00:00:00Z', by: 'tester@here' };

/** All of a world is on one machine, which need not have a network. */
const ADDRESS = '127.0.0.1';

const HOOKS = ['install', 'config-changed', 'start', 'stop', 'upgrade-formula'];

export interface FormulaOptions {
  /** Lines of shell by hook, run after the hook noted that it ran. */
  readonly hooks?: Readonly<Record<string, string>>;
  /** More files, or others in the place of those there would be. */
  readonly files?: Readonly<Record<string, string>>;
  /** Hooks that lack their executable bit, which `ensemble` would refuse to publish. */
  readonly notExecutable?: readonly string[];
  /** The text of config.yaml. */
  readonly config?: string;
}

/** A line of the agent's log. */
export interface LogLine extends LogFields {
  readonly level: LogLevel;
  readonly message: string;
}

/** An environment of its own for one test: state, storage, formulas whose hooks note that they ran, and agents. */
export class World {
  /** What the agents of this process logged. */
  readonly log: LogLine[] = [];
  readonly #agents: RunningAgent[] = [];
  readonly #processes: AgentProcess[] = [];

  private constructor(
    readonly root: string,
    readonly coordinator: Coordinator,
    readonly state: string,
    readonly storage: string,
    readonly secret: string | undefined,
  ) {}

  /** @param bootstrapped false leaves it to `ensemble bootstrap` */
  static async open({
    state,
    storage,
    secret,
    bootstrapped = true,
  }: {
    readonly state?: string;
    readonly storage?: string;
    readonly secret?: string;
    readonly bootstrapped?: boolean;
  } = {}): Promise<World> {
    const root = await mkdtemp(join(tmpdir(), 'ensemble-world-'));
    const stateUrl = state ?? `embedded:${join(root, 'state')}`;
    const storageUrl = storage ?? `file:${join(root, 'storage')}`;
    const coordinator = await openCoordinator(stateUrl, secret === undefined ? {} : { secret });
    if (bootstrapped) await bootstrapTree(coordinator);
    // As `ensemble bootstrap` leaves it: one in which nothing is was never made.
    if (bootstrapped && storage === undefined)
      await mkdir(join(root, 'storage', 'probes'), { recursive: true });
    await mkdir(join(root, 'trace'));
    const secretLine = secret === undefined ? '' : `    secret: ${secret}\n`;
    await writeFile(
      join(root, 'environments.yaml'),
      `default: world\nenvironments:\n  world:\n    state: ${stateUrl}\n    storage: ${storageUrl}\n    address: ${ADDRESS}\n${secretLine}`,
      { mode: 0o600 },
    );
    markNew(root);
    return new World(root, coordinator, stateUrl, storageUrl, secret);
  }

  /** The runs of hooks that the agent of m0 has not dealt with. Others that are there are put aside, to be removed. */
  async runs(): Promise<readonly string[]> {
    const names = await readdir(this.path('machines', 'm0', 'runs'));
    return names.filter((name) => !name.endsWith('.removed'));
  }

  /** The session of m0's agent, as it leaves it to the next one. */
  async session(): Promise<string> {
    const { session } = JSON.parse(await readFile(this.path('machines', 'm0', 'session'), 'utf8'));
    assert.equal(typeof session, 'string');
    return session;
  }

  /** Ends the session of m0's agent, as the coordinator does with one whose process stood still for long. */
  async endSession(): Promise<void> {
    // The agent takes its session back at once, without the waits that it would draw. So must this: else it waits longer
    // after each time that it lost, and may be out of time before it was ever the faster one.
    const thief = await openCoordinator(this.state, {
      session: await this.session(),
      random: () => 0,
      ...(this.secret !== undefined && { secret: this.secret }),
    });
    // Also where it fails: it would be after the session for ever, and mocha wait for it.
    await thief.get('/layout').finally(() => thief.close());
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** The unit's directory on machine `machine`. */
  unitPath(unit: string, ...parts: string[]): string {
    return this.path('machines', 'm0', 'units', nodeOfUnit(unit), ...parts);
  }

  /** Publishes a revision of the formula `f` and returns its id. */
  async publish(revision: number, options: FormulaOptions = {}): Promise<string> {
    const id = `world:f-${revision}`;
    const directory = await this.writeFormula(revision, options);
    const formula = await readFormula(directory);
    for (const hook of options.notExecutable ?? []) await chmod(join(directory, 'hooks', hook), 0o644);
    const bundle = this.path(`f-${revision}.tar.gz`);
    const digest = await bundleFormula(directory, bundle);
    const storage = await openStorage(this.storage);
    const key = bundleKey(digest.sha256);
    await storage.put(key, bundle);
    storage.close();
    const record = {
      ...digest,
      storageKey: key,
      metadata: { ...formula.metadata },
      config: { ...formula.config },
      hooks: await readdir(join(directory, 'hooks')),
      publishedAt: '2026-01-01T00:00:00Z',
    };
    await registerFormula(this.coordinator, id, record, { path: directory, kind: 'directory' });
    return id;
  }

  /** Writes a revision of the formula `f` into the repository `world` and returns its directory. */
  async writeFormula(
    revision: number,
    { hooks = {}, files = {}, config }: FormulaOptions = {},
  ): Promise<string> {
    const directory = this.path('world', `f-${revision}`);
    const all: Record<string, string> = {
      'metadata.yaml': `name: f\nrevision: ${revision}\nsummary: Notes which hooks ran\n`,
      ...(config !== undefined && { 'config.yaml': config }),
    };
    for (const hook of new Set([...HOOKS, ...Object.keys(hooks)])) {
      all[`hooks/${hook}`] = this.#hook(revision, hooks[hook] ?? '');
    }
    for (const [name, text] of Object.entries({ ...all, ...files })) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
      if (name.startsWith('hooks/')) await chmod(join(directory, name), 0o755);
    }
    return directory;
  }

  #hook(revision: number, body: string): string {
    return `#!/bin/sh
TRACE=${this.path('trace')}
trace="$TRACE/\${ENSEMBLE_UNIT_NAME%/*}-\${ENSEMBLE_UNIT_NAME#*/}"
echo "$ENSEMBLE_HOOK ${revision}" >>"$trace"
# Waits until the test opens the gate, or is over.
gate() { while [ ! -e "$TRACE/gate-$1" ] && [ -d "$TRACE" ]; do sleep 0.05; done; }
${body}
`;
  }

  /** Lets hooks pass that called \`gate NAME\`. */
  openGate(name: string): Promise<void> {
    return writeFile(this.path('trace', `gate-${name}`), '');
  }

  closeGate(name: string): Promise<void> {
    return rm(this.path('trace', `gate-${name}`), { force: true });
  }

  /** The hooks that ran, e.g. `install 1`, in order. */
  async trace(unit = 'f/0'): Promise<string[]> {
    const text = await readFile(this.path('trace', nodeOfUnit(unit)), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** What a hook wrote to a file beside the traces, once it is there. */
  async text(name: string): Promise<string> {
    const text = await readFile(this.path('trace', name), 'utf8');
    assert.notEqual(text, '');
    return text;
  }

  async deploy(formula: string, units = 1, service = 'f', machine?: string): Promise<readonly string[]> {
    const origin = { name: 'world', path: this.path('world') };
    await createService(this.coordinator, service, { formula, repository: origin }, {});
    return addUnits(this.coordinator, service, units, requester.requestedAt, machine);
  }

  /** Points the service at the formula and flags its units. */
  async upgrade(
    formula: string,
    units: readonly string[] = ['f/0'],
    force = false,
    name = 'f',
  ): Promise<void> {
    await editService(this.coordinator, name, (service) => ({ ...service, formula, change: newChangeId() }));
    await flagUnits(this.coordinator, units, { ...requester, ...(force && { force }) });
  }

  /** Starts an agent in this process. */
  async agent(options: Partial<AgentOptions> = {}): Promise<RunningAgent> {
    const machine = options.machine ?? 'm0';
    const agent = await startAgent({
      environment: {
        name: 'world',
        state: this.state,
        storage: this.storage,
        address: ADDRESS,
        ...(this.secret !== undefined && { secret: this.secret }),
      },
      machine,
      dataDirectory: this.path('machines', machine),
      version: '0.0.0-test',
      log: this.#log(),
      clock: systemClock,
      random: Math.random,
      ...options,
    });
    this.#agents.push(agent);
    return agent;
  }

  /** Starts an agent as a process of its own, and waits until it is up unless `up` is false. */
  async agentProcess(
    machine = 'm0',
    { up = true, ...options }: AgentProcessOptions & { readonly up?: boolean } = {},
  ): Promise<AgentProcess> {
    const agent = new AgentProcess(this.root, machine, options);
    this.#processes.push(agent);
    if (up) await agent.up();
    return agent;
  }

  /** Stops the agents of this process, which leaves their units as they are. */
  async stopAgents(): Promise<void> {
    for (const agent of this.#agents) await agent.stop();
  }

  async unit(name = 'f/0'): Promise<UnitState> {
    const unit = await readUnitState(this.coordinator, name);
    assert.ok(unit, `${name} is in the tree`);
    return unit;
  }

  /** Waits until the unit is in `state`, and on `formula` without a flag where one is given. */
  async until(state: WorkflowState, name = 'f/0', formula?: string): Promise<UnitState> {
    return eventually(async () => {
      const found = await this.unit(name);
      const seen = `${found.status.state} ${found.status.message} ${JSON.stringify(found.status.upgrade)}`;
      assert.equal(found.status.state, state, seen);
      if (formula !== undefined) {
        assert.equal(found.unit.formula, formula, seen);
        assert.equal(found.flag, undefined, 'the flag is off');
      }
      return found;
    }, 60_000);
  }

  /** Waits until the unit started on `formula` and nothing is left to do. */
  untilOn(formula: string, name = 'f/0'): Promise<UnitState> {
    return this.until('started', name, formula);
  }

  async close(): Promise<void> {
    // Hooks that wait at a gate see that the trace is gone, and end.
    await rm(this.path('trace'), { recursive: true, force: true, maxRetries: 10 });
    await this.stopAgents();
    for (const agent of this.#processes) await agent.kill();
    await this.coordinator.close();
    await rm(this.root, { recursive: true, force: true, maxRetries: 10 });
  }

  #log(): Log {
    const note =
      (level: LogLevel) =>
      (message: string, fields: LogFields = {}): void => {
        const error = fields.error === undefined ? {} : { error: sentence(fields.error, true) };
        this.log.push({ level, message, ...fields, ...error });
      };
    return { debug: note('debug'), info: note('info'), warning: note('warning'), error: note('error') };
  }
}
