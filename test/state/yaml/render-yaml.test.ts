import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { renderYaml } from '../../../state/yaml/render-yaml.js';

/** Texts that one or the other version of YAML reads as a boolean, number, date, null or merge where they stand bare. */
const misread = [
  ...['no', 'No', 'yes', 'on', 'off', 'y', 'n', 'true', 'null', '~', ''],
  ...['12:30', '190:20:30', '0o17', '0777', '1_000', '0x1F', '1e3', '+1', '.inf', '.nan', '1.'],
  ...['2026-01-01', '2026-01-01T00:00:00Z', '<<', '='],
];

describe('YAML that is printed', () => {
  for (const text of misread)
    it(`has ${JSON.stringify(text)} in quotes, as a value and as a key`, () => {
      const [line] = renderYaml({ [text]: text }).split('\n');
      assert.equal(line, `${JSON.stringify(text)}: ${JSON.stringify(text)}`);
    });

  it('leaves bare what every reader takes for text, and numbers and booleans as they are', () => {
    assert.equal(renderYaml({ web: 'principia:web-1', n: 1 }), 'web: principia:web-1\n"n": 1\n');
    assert.equal(renderYaml([true, 1.5, null]), '- true\n- 1.5\n- null\n');
  });

  it('repeats what stands in a document twice, instead of referring to it', () => {
    const once = { a: 1 };
    assert.equal(renderYaml([once, once]), '- a: 1\n- a: 1\n');
  });

  const seed = Date.now() % 2 ** 31;
  it(`is the same value for readers of YAML 1.1 and 1.2 (seed ${seed})`, () => {
    const text = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(...misread),
      fc.string({ unit: fc.constantFrom(...'0123456789:.-+_eExoOTZ ~='), maxLength: 10 }),
    );
    void fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean())), (value) => {
        const printed = renderYaml(value);
        const plain = { ...value };
        assert.deepEqual(parse(printed), plain);
        assert.deepEqual(parse(printed, { version: '1.1' }), plain);
      }),
      { seed, numRuns: 2000 },
    );
  });
});
