import assert from 'node:assert/strict';
import { World } from '../agent/world.js';
import { textOf } from './project.js';

/** The keys of the unit file that the page gives, each with its values. */
function unitFile(): ReadonlyMap<string, readonly string[]> {
  const [, text = ''] =
    /`\/etc\/systemd\/system\/ensemble-agent\.service`:\n\n```ini\n([\s\S]*?)```/.exec(
      textOf('docs/operators.md'),
    ) ?? [];
  const keys = new Map<string, string[]>();
  for (const [, key = '', value = ''] of text.matchAll(/^([A-Za-z]+)=(.*)$/gm))
    keys.set(key, [...(keys.get(key) ?? []), value]);
  return keys;
}

describe('the unit file for systemd', () => {
  it('leaves hooks alone, ends what does not heal, and lets services write what others may read', () => {
    const keys = unitFile();
    for (const [key, value] of [
      ['KillMode', 'process'],
      ['Restart', 'always'],
      ['RestartPreventExitStatus', '2 78'],
      ['UMask', '0022'],
    ] as const)
      assert.deepEqual(keys.get(key), [value], key);
    assert.match(keys.get('EnvironmentFile')?.[0] ?? '', /^-\//, 'it need not be there');
    assert.match(
      textOf('docs/operators.md'),
      /When the machine is shut down, systemd ends the agent by SIGTERM/,
    );
  });

  it('starts the agent by options that it has, and wrong usage is what it is not started again for', async () => {
    const [line = ''] = unitFile().get('ExecStart') ?? [];
    const [program, ...words] = line.split(' ');
    assert.match(program ?? '', /\/ensemble-agent$/);
    const world = await World.open();
    try {
      const options = words.map((word) =>
        word === 'production' ? 'world' : word.startsWith('/') ? world.path('as-in-the-unit-file') : word,
      );
      await world.agentProcess('m0', { options });
      const wrong = await world.agentProcess('m1', { up: false, options: ['--no-such-option'] });
      assert.equal(await wrong.ended(), 2);
    } finally {
      await world.close();
    }
  });
});
