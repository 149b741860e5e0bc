import assert from 'node:assert/strict';
import { commands } from '../../cli/definitions.js';

const shown = commands.filter(({ hidden }) => hidden !== true);

import { useSandbox } from './sandbox.js';

describe('the help', () => {
  const world = useSandbox();

  it('lists every command', async () => {
    const { code, stdout, stderr } = await world.box.run('--help');
    assert.equal(code, 0);
    assert.equal(stderr, '');
    for (const { name, summary } of shown)
      assert.match(stdout.replace(/\s+/g, ' '), new RegExp(`${name} .*${summary}`));
    assert.match(stdout, /\nexample:\n {2}ensemble bootstrap/);
    assert.doesNotMatch(stdout, /__complete/, 'what is for Ensemble’s own use is not listed');
  });

  for (const { name } of shown) {
    it(`of ${name} goes to stdout, has an example, and shows the options of every command`, async () => {
      const { code, stdout, stderr } = await world.box.run(name, '--help');
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`^Usage: ensemble ${name}`));
      assert.match(stdout, new RegExp(`\nexample:\n  ensemble ${name}`));
      assert.match(stdout, /--environment <name>/);
      assert.match(stdout, /--debug/);
      const [, prose = ''] =
        /^Usage: .*\n\n([\s\S]*?)\n\n(?:Arguments|Options|Global Options):/.exec(stdout) ?? [];
      const widest = Math.max(...prose.split('\n').map((line) => line.length));
      for (const [line, after] of prose.split('\n\n').flatMap(linesWithNext))
        assert.ok(
          `${line} ${after.split(' ', 1)[0]}`.length > widest,
          `it is broken too soon after: ${line}`,
        );
    });
  }

  it('answers --version with nothing but the version', async () => {
    const { code, stdout } = await world.box.run('--version');
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal((await world.box.run('-V')).stdout, stdout);
  });
});

/** Each line of a paragraph but the last, with the one after it. */
function linesWithNext(paragraph: string): readonly (readonly [string, string])[] {
  const lines = paragraph.split('\n');
  return lines.slice(1).map((after, index) => [lines[index] ?? '', after]);
}
