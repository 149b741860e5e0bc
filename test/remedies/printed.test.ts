import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commands, globalOptions } from '../../cli/definitions.js';
import { filesUnder, projectDirectory, textOf } from '../docs/project.js';
import { printed } from './printed.js';
import { printedRows } from './printed-rows.js';
import { tryRows } from './stage.js';

/** Where help and completion are, whose examples other tests run, and errors, which have their own table. */
const ELSEWHERE = /errors\.ts$|^cli\/(definitions|completion|program)/;
const COMMAND = /(?<![\w/])ensemble(?:-agent)?(?: [a-z-]|\$\{)[^'"`]*/g;

/** Each command that a text of the sources names, as `file: command`. */
function commandsPrinted(): readonly string[] {
  const found = new Set<string>();
  for (const room of ['agent', 'cli', 'control', 'hooks', 'state', 'watcher'])
    for (const name of filesUnder(room)) {
      const file = `${room}/${name}`;
      if (!file.endsWith('.ts') || ELSEWHERE.test(file)) continue;
      const text = textOf(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
      for (const [command] of text.matchAll(COMMAND))
        found.add(`${file}: ${command.trim().split('\n')[0]?.replaceAll('${', '{')}`);
    }
  return [...found].sort();
}

describe('the table of printed commands', () => {
  it('has a row for each command that a message names outside of the errors, and no other', () => {
    assert.deepEqual(Object.keys(printed).sort(), commandsPrinted());
  });

  it('names tests that do it, or says why it is no remedy', () => {
    for (const [command, row] of Object.entries(printed))
      if ('test' in row) {
        assert.ok(existsSync(join(projectDirectory, row.test)), `${command}: there is no ${row.test}`);
        assert.ok(textOf(row.test).includes(row.says), `${command}: ${row.test} does not say ${row.says}`);
      } else assert.ok(row.why.length > 20, command);
  });
});

describe('the commands that pages name', () => {
  const flagsOf = (options: readonly { readonly flags: string }[]): readonly string[] =>
    options.flatMap(({ flags }) => flags.match(/--?[a-z][a-z-]*/g) ?? []);

  it('are there, with the options they are given', () => {
    let seen = 0;
    for (const file of filesUnder('docs').filter((name) => name.endsWith('.md')))
      for (const [text, name = '', rest = ''] of textOf(`docs/${file}`).matchAll(
        /`ensemble ((?!-)[a-z-]+)([^`]*)`/g,
      )) {
        const command = commands.find((each) => each.name === name);
        assert.ok(command, `docs/${file} names ${text}`);
        const known = [...flagsOf(command.options), ...flagsOf(globalOptions), '--help'];
        // What comes after a bare -- is another's.
        for (const [, option = ''] of (rest.split(' -- ')[0] ?? '').matchAll(/[\s[](--?[a-z][a-z-]*)/g))
          assert.ok(known.includes(option), `docs/${file} gives ${option} in ${text}`);
        seen += 1;
      }
    assert.ok(seen > 100, `only ${seen} were found`);
  });
});

describe('a command that is printed', function () {
  this.timeout(120_000);
  tryRows(printedRows);
});
