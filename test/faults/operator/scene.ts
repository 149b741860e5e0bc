import { setTimeout as pause } from 'node:timers/promises';
import type { AgentProcess } from '../../agent/agent-process.js';
import { type OperatorCommand, operate } from '../../agent/operator.js';
import type { World } from '../../agent/world.js';

/** Within which every command ends, in milliseconds; the tests' machine may be busy with eight other things. */
const COMMAND_ENDS = 45_000;

/** Something that must not be. `rule` is the same for what has the same cause, so that shrinking keeps to it. */
export class Broken extends Error {
  constructor(
    readonly rule: string,
    message: string,
  ) {
    super(`${rule}: ${message}`);
  }
}

/** How a command ended. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What happens to a command itself, so many milliseconds after it was typed. */
export interface Trouble {
  readonly after: number;
  readonly how: 'kill' | 'stop';
}

/** A world with its agents, as the operator has it: agents are processes, and commands are typed. */
export class Scene {
  /** What was done and said, for whoever reads of a failure. */
  readonly transcript: string[] = [];
  readonly #agents = new Map<string, AgentProcess>();
  /** What was left to happen by itself, such as the return of an agent. */
  readonly #pending = new Set<Promise<void>>();
  readonly #frozen = new Set<AgentProcess>();
  /** Machines that are taken for lost: nothing starts their agents by itself. */
  readonly #lost = new Set<string>();
  /** Machines whose next agents go by the state that they find. */
  readonly #accepting = new Set<string>();
  readonly #began = performance.now();

  constructor(
    readonly world: World,
    readonly machines: readonly string[],
  ) {}

  say(line: string): void {
    const seconds = ((performance.now() - this.#began) / 1_000).toFixed(2);
    this.transcript.push(`${seconds.padStart(7)} ${line}`);
  }

  /**
   * Types a command.
   * @throws Broken where it does not end, ends otherwise than commands do, or shows what operators never see
   */
  async types(
    args: readonly string[],
    { codes = [0, 1], trouble }: { readonly codes?: readonly number[]; readonly trouble?: Trouble } = {},
  ): Promise<Answer> {
    const command = operate(this.world, ...args);
    if (trouble !== undefined && (await this.#trouble(command, trouble))) return this.types(args, { codes });
    const late = new AbortController();
    const deadline = pause(COMMAND_ENDS, undefined, { signal: late.signal }).catch(() => undefined);
    const ended = await Promise.race([command.ended, deadline]);
    late.abort();
    const line = `ensemble ${args.join(' ')}`;
    if (ended === undefined) {
      command.process.kill('SIGKILL');
      throw new Broken(
        'a command ends',
        `${line} did not within ${COMMAND_ENDS / 1_000} s\n${command.stderr()}`,
      );
    }
    const { code, stdout, stderr } = ended;
    this.say(`${line}: ${code}${code === 0 ? '' : ` ${stderr.trim()}`}`);
    // Nothing here is used wrongly, so 2 is no answer either.
    if (code === null || !codes.includes(code))
      throw new Broken('a command ends with 0 or 1', `${line}: ${code}\n${stderr}`);
    if (/\n\s+at .*:\d+:\d+/.test(stderr)) throw new Broken('no operator sees a stack', `${line}\n${stderr}`);
    return { code, stdout, stderr };
  }

  /**
   * Kills the command after a while, or has it stand still (Ctrl-Z) while another one is typed.
   * @returns whether it was killed, so that it is to be typed once more
   */
  async #trouble({ process: command, ended }: OperatorCommand, { after, how }: Trouble): Promise<boolean> {
    await Promise.race([pause(after), ended]);
    if (command.exitCode !== null) return false;
    this.say(`it is ${how === 'kill' ? 'killed' : 'stopped'} after ${after} ms`);
    if (how === 'kill') {
      command.kill('SIGKILL');
      await ended;
      return true;
    }
    command.kill('SIGSTOP');
    try {
      await this.types(['status']);
    } finally {
      command.kill('SIGCONT');
    }
    return false;
  }

  /** Has each agent that starts next go by the state that it finds, whatever it knows of another one. */
  acceptState(): void {
    for (const machine of this.machines) this.#accepting.add(machine);
  }

  /** Starts the machine's agent unless it runs, or is lost. */
  async start(machine: string): Promise<void> {
    if (this.#agents.has(machine) || this.#lost.has(machine)) return;
    this.say(`${machine} starts`);
    const accepting = this.#accepting.has(machine);
    const options = accepting ? ['--accept-state'] : [];
    const agent = await this.world.agentProcess(machine, { up: false, options });
    // One that is killed before may not have written it down; one that is up has.
    if (accepting)
      void agent.up().then(
        () => this.#accepting.delete(machine),
        () => undefined,
      );
    this.#agents.set(machine, agent);
    void agent.ended().then((how) => {
      if (this.#agents.get(machine) !== agent) return;
      this.#agents.delete(machine);
      this.say(`the agent of ${machine} ended by itself: ${how}\n${agent.stderr()}`);
      this.fallen ??= new Broken('agents run', `${machine} ended by itself (${how})\n${agent.stderr()}`);
    });
  }

  /** An agent that ended though nobody ended it. */
  fallen: Broken | undefined;

  /** Ends the machine's agent, if it runs. @returns whether it did */
  async end(machine: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    const agent = this.#agents.get(machine);
    if (agent === undefined) return false;
    this.say(`${machine} gets ${signal}`);
    this.#agents.delete(machine);
    // One that stands still hears nothing else.
    if (signal === 'SIGTERM') this.#thaw(agent);
    const late = new AbortController();
    const deadline = pause(COMMAND_ENDS, 'late', { signal: late.signal }).catch(() => undefined);
    const how = await Promise.race([agent.kill(signal), deadline]);
    late.abort();
    if (how === 'late') {
      await agent.kill('SIGKILL');
      throw new Broken('an agent ends on SIGTERM', `${machine} did not within ${COMMAND_ENDS / 1_000} s`);
    }
    return true;
  }

  /** Has the machine's agent stand still for so many milliseconds, while others go on. */
  freeze(machine: string, milliseconds: number): void {
    const agent = this.#agents.get(machine);
    if (agent === undefined || this.#frozen.has(agent)) return;
    this.say(`${machine} stands still for ${milliseconds} ms`);
    process.kill(agent.pid, 'SIGSTOP');
    this.#frozen.add(agent);
    this.later(milliseconds, () => this.#thaw(agent));
  }

  #thaw(agent: AgentProcess): void {
    if (!this.#frozen.delete(agent)) return;
    try {
      process.kill(agent.pid, 'SIGCONT');
    } catch {
      // It was killed meanwhile.
    }
  }

  /** Has something happen by itself in so many milliseconds. */
  later(milliseconds: number, happen: () => Promise<void> | void): void {
    const pending = pause(milliseconds).then(happen);
    this.#pending.add(pending);
    void pending.finally(() => this.#pending.delete(pending)).catch(() => undefined);
  }

  /** Ends the machine's agent for good, until `comeBack`. */
  async lose(machine: string): Promise<void> {
    this.#lost.add(machine);
    await this.end(machine, 'SIGKILL');
  }

  /** Has the agents of lost machines run again, on what they have on their disks. */
  async comeBack(): Promise<void> {
    const machines = [...this.#lost];
    this.#lost.clear();
    for (const machine of machines) await this.start(machine);
  }

  /** Waits for all that was left to happen. */
  async allAround(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** The same, and has every agent run. */
  async allRun(): Promise<void> {
    await this.allAround();
    this.#lost.clear();
    for (const machine of this.machines) await this.start(machine);
  }

  /** What the agents that run logged last. */
  logs(): string {
    return [...this.#agents]
      .map(([machine, agent]) => {
        const lines = agent.lines().slice(-15);
        return `${machine}:\n${lines.map((line) => `  ${JSON.stringify(line)}`).join('\n')}`;
      })
      .join('\n');
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    this.#agents.clear();
    await this.world.close();
  }
}
