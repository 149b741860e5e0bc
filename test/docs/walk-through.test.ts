import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { freePortsInARow } from '../../examples/demo/ports.js';
import { Sandbox } from '../cli/sandbox.js';
import { endProcess } from '../end-process.js';
import { eventually } from '../eventually.js';
import { projectDirectory, sectionOf, textOf } from './project.js';

interface Step {
  readonly command: string;
  /** What the page shows of its output; `…` stands for anything. */
  readonly shown: readonly string[];
}

/** What is typed in a part of a page, in order. */
function stepsIn(markdown: string): readonly Step[] {
  return [...markdown.matchAll(/```\n(\$ [\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command = '', ...shown] = text.trimEnd().split('\n');
        return { command, shown };
      }),
  );
}

/** Shown text as what output has to match: times, and the widths of columns, may differ. */
function patternOf(shown: readonly string[]): RegExp {
  const lines = shown.map((line) =>
    line === '…'
      ? '[\\s\\S]*?'
      : `${line
          .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
          .replace(/\\\(\d+\\\.\d s\\\)/, '\\(.*s\\)')
          .replace(/ {2,}/g, ' +')}\\n`,
  );
  return new RegExp(`^${lines.join('')}$`);
}

const CURL = `#!${process.execPath}
const words = process.argv.slice(2);
const after = (flag) => words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined;
const answer = await fetch(words.at(-1), { method: after('-X') ?? 'GET', body: after('-d') });
process.stdout.write(await answer.text());
process.exitCode = answer.ok ? 0 : 22;
`;

/** A shell that commands are typed into; what they start in the background stays. */
class Shell {
  readonly #child: ChildProcess;
  #said = '';

  constructor(directory: string, variables: NodeJS.ProcessEnv) {
    this.#child = spawn('bash', { cwd: directory, env: variables, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
  }

  /** @returns what it printed, on both outputs */
  async type(command: string): Promise<string> {
    this.#said = '';
    this.#child.stdin?.write(`${command}\necho "[exit $?]"\n`);
    const said = await eventually(() => {
      assert.match(this.#said, /\[exit \d+\]\n$/, `${command}\n${this.#said}`);
      return this.#said;
    }, 90_000);
    assert.match(said, /\[exit 0\]\n$/, command);
    return said.replace(/\[exit 0\]\n$/, '');
  }

  /** What it started goes on. */
  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    if (this.#child.kill('SIGKILL')) await ended;
  }
}

describe('the walk-through of the page for operators', function () {
  this.timeout(240_000);
  let box: Sandbox;
  let shell: Shell;

  before(async () => {
    box = await Sandbox.create();
    const base = await freePortsInARow(5, 7_000 + 10 * Math.floor(Math.random() * 290));
    ports = { '8000': base, '8500': base + 1, '8100': base + 2, '8101': base + 3, '8102': base + 4 };
    for (const [service, port] of [
      ['balancer', '8000'],
      ['store', '8500'],
      ['notes', '8100'],
    ] as const)
      await box.file(`${service}.yaml`, `base-port: ${ports[port]}\n`);
    for (const [name, room] of [
      ['ensemble', 'cli'],
      ['ensemble-agent', 'agent'],
    ] as const) {
      const main = join(projectDirectory, `dist/${room}/main.js`);
      await box.file(`bin/${name}`, `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`, 0o755);
    }
    await box.file('bin/curl.mjs', CURL, 0o755);
    await symlink('curl.mjs', join(box.directory, 'bin/curl'));
    await mkdir(join(box.directory, 'examples'));
    await symlink(join(projectDirectory, 'examples/principia'), join(box.directory, 'examples/principia'));
    shell = new Shell(box.directory, {
      PATH: `${box.directory}/bin:${process.env.PATH}`,
      ENSEMBLE_HOME: box.home,
    });
  });
  after(async () => {
    await shell.close();
    for (const pid of await processesOf(box.directory)) endProcess(pid);
    await box.dispose();
  });

  let ports: Readonly<Record<string, number>> = {};
  /** The page as it reads where its ports are these. */
  const here = (text: string): string => text.replace(/\b8[015]0\d\b/g, (port) => `${ports[port] ?? port}`);

  it('goes as it is printed', async () => {
    const steps = stepsIn(sectionOf(textOf('docs/operators.md'), 'A system, step by step'));
    assert.ok(steps.length > 15, `${steps.length} steps`);
    await shell.type('ensemble bootstrap');
    await shell.type('ensemble-agent >agent.log 2>&1 & disown');
    await eventually(async () => assert.match(await shell.type('ensemble status'), /m0 +up/), 60_000);
    for (const { command, shown } of steps) {
      const service = /^ensemble deploy .*?([a-z]+)(-\d+)?$/.exec(command)?.[1];
      const typed = here(
        service === undefined ? command : command.replace('deploy', `deploy --config ${service}.yaml`),
      );
      const expected = patternOf(here(shown.join('\n')).split('\n'));
      if (shown.length === 0) await shell.type(typed);
      else if (/^(curl|ensemble status)/.test(command))
        await eventually(async () => assert.match(await shell.type(typed), expected), 60_000);
      else assert.match(await shell.type(typed), expected);
      if (command === 'cat failures')
        assert.equal(await readFile(join(box.directory, 'failures'), 'utf8'), '', 'nobody was turned away');
    }
  });
});

/** The processes, such as agents and services, whose command or environment names the directory. */
async function processesOf(directory: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter(Boolean)) {
    const texts = await Promise.all(
      ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
    );
    if (texts.some((text) => text.includes(`${directory}/`))) found.push(pid);
  }
  return found.filter((pid) => pid !== process.pid);
}
