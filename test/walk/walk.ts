import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { nodeOfUnit } from '../../state/model/paths.js';
import type { FormulaOptions, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { type Names, Stage, type StageOptions, type Started } from '../remedies/stage.js';
import { Terminal } from '../terminal.js';
import { commandsIn } from './printed-commands.js';

/** The narrowest screen that people work on. */
const SCREEN = { columns: 80, rows: 24 };

/** Where a command begins: with how the one before ended, which the shell prints. */
/** After what the terminal shows of Ctrl-C, where a command ended before it said anything. */
const PROMPT = /^(?:\^C)?\[(\d+)\] \$(?: (.*))?$/;

const PROMPT_AT_END = /\[\d+\] \$\s*$/;

/** What an operator types from memory, whatever was printed. */
const KNOWN = ['ensemble status', 'ensemble --help'];

/** What `status` says as long as somebody has to do something. */
const NOT_FINE =
  /NEEDS ATTENTION|-error|error in|\(down\)|\bdown\b|to be removed|needs a relation|not the formula of its service;|cannot be read|left out/;

/** A command that was typed, and what came of it. */
interface Typed {
  readonly line: string;
  readonly output: readonly string[];
  /** Undefined while it runs. */
  readonly code: number | undefined;
}

/** What hooks of walked formulas do besides: each unit has data that was written once, when it was installed. */
const HOOKS = { install: 'echo "dear $ENSEMBLE_UNIT_NAME" >>"$ENSEMBLE_DATA_DIR/book"' };

/**
 * An operator in a terminal of 80 columns who has a trouble, and knows no way out but the one that is printed. After the
 * command that met the trouble each one is taken from the screen as it stands there, as a mouse would copy it: lines that
 * the terminal broke are whole, and lines that the product broke are not.
 */
export class Walk {
  readonly #terminal = new Terminal();
  readonly #others: Walk[] = [];
  #followed = false;

  private constructor(readonly stage: Stage) {}

  static async open(options: StageOptions = {}): Promise<Walk> {
    const stage = await Stage.open(options);
    const walk = new Walk(stage);
    await walk.#sit();
    return walk;
  }

  /** Another operator of the same environment, at a terminal of his own. */
  async another(): Promise<Walk> {
    const other = new Walk(this.stage);
    this.#others.push(other);
    await other.#sit();
    return other;
  }

  get world(): World {
    return this.stage.world;
  }

  /** Writes a revision of `f` whose units have data to lose. */
  async formula(revision: number, { hooks = {}, ...rest }: FormulaOptions = {}): Promise<string> {
    return this.world.writeFormula(revision, { hooks: { ...HOOKS, ...hooks }, ...rest });
  }

  /** Publishes revision 1 of `f`, has its units run, each on m0, and looks whether all is well. */
  async running(units: number, options: FormulaOptions = {}): Promise<void> {
    await this.formula(1, options);
    await this.stage.ok(`ensemble deploy --repository world -n ${units} f`);
  }

  /** Types the command that meets the trouble, which the operator wanted to run in any case, and waits for its end. */
  async meets(line: string, code = 0): Promise<void> {
    await this.begins(line);
    await this.ends(code);
  }

  /** The same, and leaves it running. */
  async begins(line: string): Promise<void> {
    assert.ok(!this.#followed || KNOWN.includes(line), `${line} was printed nowhere`);
    await this.#type(line);
  }

  /** Waits until the command that was typed last has ended. @returns its exit code */
  async settles(): Promise<number> {
    return eventually(async () => {
      const last = (await this.#typed()).at(-1);
      assert.ok(last?.code !== undefined, `${last?.line} has not ended: ${last?.output.join('\n')}`);
      return last.code;
    }, 60_000);
  }

  /** The same, and it must have ended with this exit code. */
  async ends(code = 0): Promise<void> {
    const ended = await this.settles();
    if (ended !== code) assert.equal(ended, code, await this.transcript());
  }

  /** Waits until the command that was typed last has printed this. @returns what it has printed */
  async sees(pattern: RegExp): Promise<string> {
    return eventually(async () => {
      const text = ((await this.#typed()).at(-1)?.output ?? []).join('\n');
      assert.match(text, pattern, await this.transcript());
      return text;
    });
  }

  /** Types the last command again until it prints this: what hooks print reaches others a moment later. */
  async untilSees(pattern: RegExp): Promise<void> {
    await eventually(async () => {
      const last = (await this.#typed()).at(-1);
      if (pattern.test(last?.output.join('\n') ?? '')) return;
      await this.#type(last?.line ?? '');
      await this.ends();
      assert.match((await this.#typed()).at(-1)?.output.join('\n') ?? '', pattern);
    });
  }

  /** The command on the screen that is this pattern, the whole of it, of what was printed last. */
  async named(pattern: RegExp, names: Names = {}): Promise<string> {
    const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags);
    for (const { output } of (await this.#typed()).toReversed()) {
      const found = output.flatMap(commandsIn).find((command) => whole.test(command));
      if (found !== undefined)
        return Object.entries(names).reduce((line, [word, value]) => line.replaceAll(word, value), found);
    }
    const all = (await this.#typed()).flatMap(({ output }) => output.flatMap(commandsIn));
    assert.fail(`no command printed is ${pattern}, but ${all.join(' | ')}\n${await this.transcript()}`);
  }

  /**
   * Types the command that the screen names, and waits for its end.
   * @param names what the operator puts in the place of words in capitals
   * @param code the exit code that it must have
   * @param interrupted presses Ctrl-C as soon as it has printed this
   */
  async follows(
    pattern: RegExp,
    { names, code, interrupted }: { names?: Names; code?: number; interrupted?: RegExp } = {},
  ): Promise<void> {
    const line = await this.named(pattern, names);
    this.#followed = true;
    await this.#type(line);
    if (interrupted !== undefined) {
      await this.sees(interrupted);
      await this.pressesCtrlC();
    }
    await this.ends(interrupted === undefined ? code : 130);
  }

  /** Asks for the help of a command that the help of all names. */
  async learns(command: string): Promise<void> {
    await this.sees(new RegExp(`^ +${command} `, 'm'));
    await this.#type(`ensemble ${command} --help`);
    await this.ends();
  }

  /** Types the last command once more, with an option that the screen asks for. */
  async again(option: string, code = 0): Promise<void> {
    const last = (await this.#typed()).at(-1);
    assert.match(last?.output.join('\n') ?? '', new RegExp(`the same command with ${option}\\b`));
    this.#followed = true;
    await this.#type(`${last?.line} ${option}`);
    await this.ends(code);
  }

  /** Starts the agent that the screen names, at another terminal, where it goes on. */
  async starts(pattern: RegExp, names: Names = {}): Promise<Started> {
    const line = await this.named(pattern, names);
    this.#followed = true;
    return this.stage.start(line, /.*/);
  }

  async pressesCtrlC(): Promise<void> {
    await this.#terminal.type('C-c');
  }

  /** Looks at `status` until nothing needs anybody, and all of these units run. */
  async untilFine(units: readonly string[], formula?: string): Promise<void> {
    await eventually(async () => {
      await this.meets('ensemble status');
      const text = ((await this.#typed()).at(-1)?.output ?? []).join('\n');
      assert.doesNotMatch(text, NOT_FINE, await this.transcript());
      const many = units.length;
      assert.match(text, new RegExp(`^${many} units?: ${many} started$`, 'm'), text);
      for (const unit of units)
        assert.match(text, new RegExp(`^${unit} +started .*${formula ?? ''}`, 'm'), text);
    });
    for (const unit of units) await this.#unharmed(unit);
  }

  /** All that stands in the terminal. */
  async transcript(): Promise<string> {
    return `${(await this.#terminal.everything()).join('\n')}\n`;
  }

  async close(): Promise<void> {
    if (process.env.WALKED !== undefined) process.stderr.write(await this.transcript());
    for (const walk of [...this.#others, this]) await walk.#terminal.close();
    await this.stage.close();
  }

  /** Its data is what it was: nothing installed it a second time, and nothing took it away. */
  async #unharmed(unit: string): Promise<void> {
    const { machine } = (await this.world.unit(unit)).unit;
    const book = this.world.path('machines', machine ?? '', 'units', nodeOfUnit(unit), 'data', 'book');
    assert.equal(await readFile(book, 'utf8'), `dear ${unit}\n`);
  }

  async #sit(): Promise<void> {
    const { PATH = '', ...variables } = this.stage.variables;
    // Whatever it is told, tmux gives a shell its own PATH.
    await this.#terminal.open(`cd '${this.world.root}'; PATH='${PATH}' exec dash`, SCREEN, {
      ...variables,
      PS1: '[$?] $ ',
    });
    await eventually(async () => assert.match(await this.transcript(), PROMPT_AT_END));
  }

  async #type(line: string): Promise<void> {
    const last = (await this.#typed()).at(-1);
    assert.ok(last === undefined || last.code !== undefined, `${last?.line} has not ended`);
    const before = (await this.#typed()).length;
    await this.#terminal.type('-l', '--', line);
    await this.#terminal.type('Enter');
    await eventually(async () => assert.equal((await this.#typed()).length, before + 1));
  }

  async #typed(): Promise<readonly Typed[]> {
    const typed: { line: string; output: string[]; code: number | undefined }[] = [];
    for (const each of await this.#terminal.everything()) {
      const [, code, line] = PROMPT.exec(each) ?? [];
      const last = typed.at(-1);
      if (code === undefined) last?.output.push(each);
      else {
        if (last !== undefined) last.code = Number(code);
        typed.push({ line: line ?? '', output: [], code: undefined });
      }
    }
    // The last prompt, at which nothing is typed yet.
    return typed.at(-1)?.line === '' ? typed.slice(0, -1) : typed;
  }
}
