import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { paths } from '../../state/model/paths.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { type CommandEnd, ensemble, type OperatorCommand, operate, operateWith } from './operator.js';
import { requester, World } from './world.js';

const execute = promisify(execFile);

/** What an operator at the tmux session of `ensemble debug-hooks` does and sees. */
class Debugger {
  readonly #socket: string;
  readonly #command: OperatorCommand;

  constructor(
    readonly world: World,
    ...hooks: readonly string[]
  ) {
    this.#socket = world.path('machines', 'm0', 'debug.sock');
    this.#command = operate(world, 'debug-hooks', 'f/0', ...hooks);
  }

  get session(): string {
    return `f-0-${this.#command.process.pid}`;
  }

  async ready(): Promise<this> {
    await eventually(async () => {
      assert.match(
        this.#command.stderr(),
        /^waiting for hooks; see them with: tmux -S \S+ attach -t f-0-\d+\n$/,
      );
      assert.ok(await this.world.coordinator.get(paths.debug('f/0')), 'asked for');
    });
    return this;
  }

  async tmux(...args: readonly string[]): Promise<string> {
    return (await execute('tmux', ['-S', this.#socket, ...args])).stdout;
  }

  async windows(): Promise<readonly string[]> {
    const listed = await this.tmux('list-windows', '-t', this.session, '-F', '#W').catch(() => '');
    return listed.split('\n').filter((name) => name !== '');
  }

  async opened(hook: string): Promise<void> {
    await eventually(async () => assert.deepEqual(await this.windows(), ['waiting', hook]));
    await eventually(async () => assert.match(await this.screen(hook), /f\/0 \S+ \$/));
  }

  screen(hook: string): Promise<string> {
    return this.tmux('capture-pane', '-p', '-J', '-t', `${this.session}:${hook}`);
  }

  async type(hook: string, line: string): Promise<void> {
    await this.tmux('send-keys', '-t', `${this.session}:${hook}`, line, 'Enter');
  }

  /** Ends the command as an operator does who leaves the session. */
  async leave(signal: NodeJS.Signals = 'SIGINT'): Promise<CommandEnd> {
    this.#command.process.kill(signal);
    return this.#command.ended;
  }

  async close(): Promise<void> {
    await this.leave('SIGKILL');
    await this.tmux('kill-server').catch(() => undefined);
  }
}

for (const engines of [embedded, zookeeper()])
  describe(`debug-hooks, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    let debuggers: Debugger[];
    beforeEach(async () => {
      world = await World.open(engines.environment());
      debuggers = [];
    });
    afterEach(async () => {
      for (const debug of debuggers) await debug.close();
      await world.close();
    });

    function debug(...hooks: readonly string[]): Promise<Debugger> {
      const begun = new Debugger(world, ...hooks);
      debuggers.push(begun);
      return begun.ready();
    }

    /** A unit whose config-changed runs again on every upgrade. */
    async function started(): Promise<string> {
      const one = await world.publish(1);
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      return one;
    }

    it('opens a hook in its own context instead of running it, and takes the window’s end for its own', async () => {
      await started();
      const session = await debug('upgrade-formula');
      const two = await world.publish(2);
      await world.upgrade(two);
      await session.opened('upgrade-formula');
      const screen = await session.screen('upgrade-formula');
      assert.match(screen, /^Hook upgrade-formula of f\/0 is due, and is not run/);
      assert.match(screen, /\.\/hooks\/upgrade-formula/);
      await world.until('upgrading');
      assert.equal((await world.trace()).length, 3, 'the hook did not run');
      await session.type('upgrade-formula', `env >${world.path('env')}; pwd >${world.path('cwd')}`);
      await session.type('upgrade-formula', `unit-get private-address >${world.path('address')}`);
      await session.type('upgrade-formula', './hooks/upgrade-formula');
      await session.type('upgrade-formula', 'exit 0');
      await world.untilOn(two);
      assert.deepEqual((await world.trace()).slice(3), ['upgrade-formula 2', 'config-changed 2']);
      const environment = await readFile(world.path('env'), 'utf8');
      assert.match(environment, /^ENSEMBLE_HOOK=upgrade-formula$/m);
      assert.match(environment, /^ENSEMBLE_FORMULA_FROM=world:f-1$/m);
      assert.match(environment, /^ENSEMBLE_FORMULA_TO=world:f-2$/m);
      assert.doesNotMatch(environment, /^(TMUX|ENSEMBLE_HOME|USER)=/m);
      assert.match(await readFile(world.path('cwd'), 'utf8'), /units\/f-0\/(formula|\.formula\/2-)/);
      assert.match(await readFile(world.path('address'), 'utf8'), /^[\d.]+\n$/);
      const { code, stderr } = await session.leave();
      assert.equal(code, 0, stderr);
      await assert.rejects(
        session.tmux('has-session', '-t', session.session),
        'nothing is left of the session',
      );
      assert.equal(await world.coordinator.get(paths.debug('f/0')), undefined);
    });

    it('exit with anything but 0 is a failed hook, which opens again on --retry', async () => {
      await started();
      const session = await debug('upgrade-*');
      const two = await world.publish(2);
      await world.upgrade(two);
      await session.opened('upgrade-formula');
      await session.type('upgrade-formula', 'exit 3');
      const { status } = await world.until('upgrade-error');
      assert.match(status.message, /exit status 3/);
      await requestResolved(world.coordinator, 'f/0', true, requester);
      await session.opened('upgrade-formula');
      await session.type('upgrade-formula', 'exit');
      await world.untilOn(two);
    });

    it('a window that is closed is a failed hook', async () => {
      await started();
      const session = await debug('upgrade-formula');
      await world.upgrade(await world.publish(2));
      await session.opened('upgrade-formula');
      await session.tmux('kill-window', '-t', `${session.session}:upgrade-formula`);
      await world.until('upgrade-error');
    });

    it('runs other hooks as ever', async () => {
      await started();
      await debug('start', 'stop');
      const two = await world.publish(2);
      await world.upgrade(two);
      await world.untilOn(two);
      assert.deepEqual((await world.trace()).slice(3), ['upgrade-formula 2', 'config-changed 2']);
    });

    it('opens all hooks there are, one after the other', async () => {
      await started();
      const session = await debug();
      const two = await world.publish(2);
      await world.upgrade(two);
      for (const hook of ['upgrade-formula', 'config-changed']) {
        await session.opened(hook);
        await session.type(hook, 'exit');
      }
      await world.untilOn(two);
      assert.equal((await world.trace()).length, 3);
    });

    it('killed meanwhile, it lets the next hooks run as ever', async () => {
      await started();
      const session = await debug();
      await session.leave('SIGKILL');
      await world.coordinator.remove(paths.debug('f/0')).catch(() => undefined);
      const two = await world.publish(2);
      await world.upgrade(two);
      await world.untilOn(two);
      assert.deepEqual((await world.trace()).slice(3), ['upgrade-formula 2', 'config-changed 2']);
      await eventually(() => assert.rejects(session.tmux('has-session', '-t', session.session)));
    });

    it('runs hooks also where only its request is left and its session is gone', async () => {
      await started();
      const session = await debug();
      await session.tmux('kill-server');
      const two = await world.publish(2);
      await world.upgrade(two);
      await world.untilOn(two);
      assert.deepEqual((await world.trace()).slice(3), ['upgrade-formula 2', 'config-changed 2']);
    });

    it('leaves a window that is open, says so, and the unit waits for it', async () => {
      await started();
      const session = await debug();
      const two = await world.publish(2);
      await world.upgrade(two);
      await session.opened('upgrade-formula');
      const { stderr } = await session.leave();
      assert.match(
        stderr,
        /warning: f\/0 waits for upgrade-formula to be closed in: tmux -S \S+ attach -t f-0-\d+\n/,
      );
      await session.type('upgrade-formula', 'exit');
      await world.untilOn(two);
      assert.deepEqual((await world.trace()).slice(3), ['config-changed 2']);
    });

    it('the agent killed meanwhile, the next one takes the window over', async () => {
      const one = await world.publish(1);
      const first = await world.agentProcess();
      await world.deploy(one);
      await world.untilOn(one);
      const session = await debug('upgrade-formula');
      const two = await world.publish(2);
      await world.upgrade(two);
      await session.opened('upgrade-formula');
      await first.kill();
      await world.agentProcess();
      await session.type('upgrade-formula', 'unit-get private-address && exit 0');
      await world.untilOn(two);
      assert.deepEqual((await world.trace()).slice(3), ['config-changed 2']);
    });

    it('is for one operator at a time', async () => {
      await started();
      await debug();
      const { code, stderr } = await ensemble(world, 'debug-hooks', 'f/0');
      assert.equal(code, 1);
      assert.match(stderr, /unit f\/0 is being debugged by \S+@\S+ already/);
    });

    it('says that the unit is on another machine', async () => {
      const { coordinator } = world;
      await coordinator.create(paths.machine('m1'), JSON.stringify({ hostname: 'elsewhere' }));
      await coordinator.create(paths.machineUnits('m1'), '{}');
      const agent = { pid: 1, version: '0', since: requester.requestedAt, dataDirectory: '/nowhere' };
      await coordinator.create(paths.agent('m1'), JSON.stringify(agent), { ephemeral: true });
      await world.deploy(await world.publish(1), 1, 'f', 'm1');
      const { code, stderr } = await ensemble(world, 'debug-hooks', 'f/0');
      assert.equal(code, 1);
      assert.match(stderr, /unit f\/0 is on machine m1 \(elsewhere\), which is not this one/);
    });

    it('says that tmux is missing', async () => {
      await started();
      const { code, stderr } = await operateWith(world, { PATH: '/nowhere' }, 'debug-hooks', 'f/0').ended;
      assert.equal(code, 1);
      assert.match(stderr, /tmux is not installed on this machine\n {2}try: install it/);
    });

    it('refuses what names no hook', async () => {
      const { code, stderr } = await ensemble(world, 'debug-hooks', 'f/0', 'no/such');
      assert.equal(code, 2);
      assert.match(stderr, /Write the names of hooks/);
    });
  });
