import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { isErrorState, workflowStates } from '../../state/model/workflow-state.js';
import { agentProgram, ensembleProgram } from '../programs.js';
import { filesUnder, sectionOf, textOf, variablesIn } from './project.js';

const programs = { ensemble: ensembleProgram, 'ensemble-agent': agentProgram };

/** What `program … --help` prints. */
function helpOf(program: keyof typeof programs, ...words: readonly string[]): string {
  return execFileSync(process.execPath, [programs[program], ...words, '--help'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
}

/** The options under a heading of a help, e.g. `-n, --units <count>`. */
function optionsIn(help: string, heading = 'Options'): readonly string[] {
  const part = help.split(/\n(?=\S)/).find((each) => each.startsWith(`${heading}:`)) ?? '';
  return [...part.matchAll(/^ {2}(-.+?)(?: {2,}|$)/gm)].map(([, flags]) => flags ?? '').sort();
}

/** The first column of the table of options in a section of the page. */
function documented(section: string): readonly string[] {
  return [...section.matchAll(/^\| `(-.+?)` \|/gm)].map(([, flags]) => flags ?? '').sort();
}

const page = (): string => textOf('docs/operators.md');

describe('the page for operators', function () {
  this.timeout(120_000);
  const commands = [...helpOf('ensemble').matchAll(/^ {2}([a-z][a-z-]+) /gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help' && name !== 'ensemble');

  it('has a section for every command, and for no other', () => {
    const sections = [...sectionOf(page(), 'Commands').matchAll(/^### ([a-z].*)$/gm)].map(([, name]) => name);
    assert.ok(commands.length >= 10, commands.join());
    assert.deepEqual([...sections].sort(), [...commands].sort());
  });

  it('has every option that all commands take, and no other', () => {
    assert.deepEqual(
      documented(sectionOf(page(), 'Options of every command')),
      optionsIn(helpOf('ensemble')),
    );
  });

  for (const command of commands)
    it(`has every option of ${command}, an example of it, and no other option`, () => {
      const section = sectionOf(page(), command);
      const options = optionsIn(helpOf('ensemble', command)).filter((flags) => flags !== '-h, --help');
      assert.deepEqual(documented(section), options);
      assert.match(section, new RegExp(`^ensemble ${command}\\b`, 'm'));
    });

  it('has every option of ensemble-agent, and no other', () => {
    assert.deepEqual(documented(sectionOf(page(), 'The agent')), optionsIn(helpOf('ensemble-agent')));
  });

  it('names every environment variable that commands and the agent read, but those for tests, and no other', () => {
    const forTests = new Set(variablesIn(textOf('state/platform/fault-points.ts')));
    const sources = ['cli', 'control', 'agent', 'state'].flatMap((room) =>
      filesUnder(room)
        .filter((file) => file.endsWith('.ts'))
        .map((file) => textOf(`${room}/${file}`)),
    );
    const read = variablesIn(sources.join());
    // What only hooks are given is in commands that run in their place.
    const given = variablesIn(textOf('hooks/hook-environment.ts')).filter((name) => !read.includes(name));
    assert.deepEqual(
      variablesIn(page()).filter((name) => !given.includes(name)),
      read.filter((name) => !forTests.has(name)),
    );
  });

  it('leaves the variables for tests to the page about the agent, which names each kind of fault', () => {
    const testing = sectionOf(textOf('docs/agents.md'), 'Testing');
    const source = textOf('state/platform/fault-points.ts');
    assert.deepEqual(variablesIn(testing), variablesIn(source));
    const kinds = /type FaultKind = (.+);/.exec(source)?.[1]?.match(/\w+/g) ?? [];
    assert.ok(kinds.length > 0);
    for (const kind of kinds) assert.ok(testing.includes(`\`${kind}\``), `${kind} is missing`);
  });

  it('says of every error state what to do', () => {
    const rows = [...sectionOf(page(), 'Error states').matchAll(/^\| `([a-z-]+-error)` \|/gm)];
    assert.deepEqual(rows.map(([, state]) => state).sort(), workflowStates.filter(isErrorState).sort());
  });
});
