import assert from 'node:assert/strict';
import { DEEPEST_YAML, isTooDeep } from '../../../state/yaml/yaml-depth.js';
import { loadYaml, parseYamlFile } from '../../../state/yaml/yaml-file.js';
import * as z from '../../../state/platform/zod.js';

describe('the nesting of YAML', () => {
  for (const [what, opening] of Object.entries({
    lists: '[',
    maps: '{a: ',
    'lists of lines': '- ',
    'explicit keys': '? ',
    'keys of lists': '[[a]: ',
    'anchored lists': '&a [',
  })) {
    it(`of ${what} is refused by every reader before it could end the process`, () => {
      const text = opening.repeat(10_000);
      assert.equal(isTooDeep(text), true);
      assert.match(loadYaml(text).faults[0]?.reason ?? '', /nested too deeply/);
      const read = parseYamlFile(Buffer.from(text), 'some.yaml', z.unknown());
      assert.ok('problems' in read);
      assert.match(read.problems[0].reason, /nested too deeply/);
      assert.equal(
        isTooDeep(opening.repeat(DEEPEST_YAML + 1)),
        true,
        'from the first level that is too deep',
      );
    });
  }

  it('may be as deep as anybody writes', () => {
    const deep = DEEPEST_YAML / 2 - 1;
    assert.equal(isTooDeep(`${'['.repeat(deep)}${']'.repeat(deep)}`), false);
    assert.equal(isTooDeep('a: {b: [c, {d: e}]}\n'.repeat(1000)), false);
    assert.equal(isTooDeep(''), false);
  });
});
