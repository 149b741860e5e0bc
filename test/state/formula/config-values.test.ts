import assert from 'node:assert/strict';
import type { ConfigOptions } from '../../../state/formula/config-options.js';
import { checkConfigValue, effectiveConfig, parseConfigValue } from '../../../state/formula/config-values.js';
import { ConfigOptionUnknown, ConfigValueInvalid } from '../../../state/formula/errors.js';

const options: ConfigOptions = {
  title: { type: 'string', default: 'Guests', description: '' },
  port: { type: 'int', default: 80, description: '' },
  ratio: { type: 'float', description: '' },
  debug: { type: 'boolean', default: false, description: '' },
};

describe('parseConfigValue', () => {
  for (const [name, text, value] of [
    ['title', 'Hello = world', 'Hello = world'],
    ['title', '', ''],
    ['title', '5', '5'],
    ['port', '8080', 8080],
    ['port', '-1', -1],
    ['port', '+1', 1],
    ['port', '007', 7],
    ['ratio', '1', 1],
    ['ratio', '.5', 0.5],
    ['ratio', '-1.5e3', -1500],
    ['debug', 'true', true],
    ['debug', 'False', false],
  ] as const)
    it(`takes ${name}=${text} for ${JSON.stringify(value)}`, () => {
      assert.equal(parseConfigValue(options, name, text), value);
    });

  for (const [name, text] of [
    ['port', ''],
    ['port', '80.5'],
    ['port', '0x50'],
    ['port', '1e3'],
    ['port', ' 80'],
    ['port', '99999999999999999999'],
    ['port', 'eighty'],
    ['ratio', ''],
    ['ratio', '.'],
    ['ratio', 'NaN'],
    ['ratio', 'Infinity'],
    ['ratio', '1e999'],
    ['debug', 'yes'],
    ['debug', '1'],
    ['debug', ''],
  ] as const)
    it(`refuses ${name}=${text}, naming the option and its type`, () => {
      assert.throws(
        () => parseConfigValue(options, name, text),
        (error) =>
          error instanceof ConfigValueInvalid && error.option === name && /must be/.test(error.message),
      );
    });

  it('refuses an option that the formula does not have, naming those it has', () => {
    for (const name of ['titel', 'constructor', '__proto__', 'toString', ''])
      assert.throws(
        () => parseConfigValue(options, name, 'x'),
        (error) =>
          error instanceof ConfigOptionUnknown && error.next === 'choose one of title, port, ratio, debug',
      );
  });
});

describe('checkConfigValue', () => {
  it('takes what fits', () => {
    assert.equal(checkConfigValue(options, 'title', 'x'), 'x');
    assert.equal(checkConfigValue(options, 'port', 1), 1);
    assert.equal(checkConfigValue(options, 'ratio', 1), 1);
    assert.equal(checkConfigValue(options, 'debug', true), true);
  });

  it('refuses what does not, without converting', () => {
    for (const [name, value] of [
      ['title', 5],
      ['title', null],
      ['port', '80'],
      ['port', 1.5],
      ['ratio', Number.NaN],
      ['debug', 'true'],
      ['debug', {}],
      ['port', undefined],
    ] as const)
      assert.throws(() => checkConfigValue(options, name, value), ConfigValueInvalid);
    assert.throws(() => checkConfigValue(options, 'x', 1), ConfigOptionUnknown);
  });
});

describe('effectiveConfig', () => {
  it('is the defaults overlaid by what was set; an option with neither is not there', () => {
    assert.deepEqual(effectiveConfig(options, { port: 8080 }), { title: 'Guests', port: 8080, debug: false });
    assert.deepEqual(effectiveConfig(options, { ratio: 0.5, debug: true }), {
      title: 'Guests',
      port: 80,
      ratio: 0.5,
      debug: true,
    });
  });

  it('leaves out what another revision’s options were set to: unknown names, other types', () => {
    assert.deepEqual(effectiveConfig(options, { port: 'http', gone: 1, toString: 'x' }), {
      title: 'Guests',
      port: 80,
      debug: false,
    });
  });

  it('takes nothing from prototypes', () => {
    const odd: ConfigOptions = {
      constructor: { type: 'string', description: '' },
    } as unknown as ConfigOptions;
    assert.deepEqual(Object.keys(effectiveConfig(odd, {})), []);
  });
});
