import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { eventually } from '../../eventually.js';
import { World } from '../world.js';

describe('a shutdown while a formula is exchanged', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** Stands in for the program of systemd, which this machine need not have. */
  async function writeInhibit(): Promise<{ readonly directory: string; readonly command: string }> {
    const directory = world.path('logind');
    const command = world.path('systemd-inhibit');
    await mkdir(directory);
    const lines = [
      '#!/bin/sh',
      `echo "$@" >>${world.path('trace', 'inhibited')}`,
      'for word; do command=$word; done',
      '"$command"',
      `echo over >>${world.path('trace', 'inhibited')}`,
    ];
    await writeFile(command, `${lines.join('\n')}\n`);
    await chmod(command, 0o755);
    return { directory, command };
  }

  async function upgrade(): Promise<void> {
    await world.deploy(await world.publish(1));
    await world.untilOn('world:f-1');
    await world.upgrade(await world.publish(2));
    await world.untilOn('world:f-2');
  }

  it('is delayed where logind is, and no longer than that', async () => {
    await world.agent({ inhibiting: await writeInhibit() });
    await upgrade();
    await eventually(async () => {
      const lines = (await readFile(world.path('trace', 'inhibited'), 'utf8')).trim().split('\n');
      assert.ok(lines.length >= 2 && lines.at(-1) === 'over', lines.join('; '));
      assert.match(lines[0] ?? '', /^--what=shutdown --mode=delay --who=ensemble-agent .* cat$/);
      assert.equal(lines.filter((line) => line === 'over').length * 2, lines.length);
    });
  });

  it('is not, and nothing fails, where logind is without that program, or is not there', async () => {
    const { directory } = await writeInhibit();
    await world.agent({ inhibiting: { directory, command: world.path('nothing') } });
    await upgrade();
    await world.stopAgents();
    await world.agent({
      inhibiting: { directory: world.path('none'), command: world.path('systemd-inhibit') },
    });
    await world.upgrade(await world.publish(3));
    await world.untilOn('world:f-3');
    await assert.rejects(readFile(world.path('trace', 'inhibited')));
  });
});
