import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { savedSession, saveSession } from '../../../agent/tree/saved-session.js';

const owner = { machine: 'm0', agentId: 'a', place: 'boot:1:2' };

describe('the saved session', () => {
  let file: string;
  beforeEach(async () => {
    file = join(await mkdtemp(join(tmpdir(), 'ensemble-session-')), 'session');
  });
  afterEach(() => rm(join(file, '..'), { recursive: true }));

  it('is continued by the next agent of the same machine, directory and boot, and is for its user alone', async () => {
    await saveSession(file, owner, 'zk1:secret');
    assert.equal(await savedSession(file, owner), 'zk1:secret');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  for (const [whose, other] of [
    ['of another machine', { machine: 'm1' }],
    ['of another agent', { agentId: 'b' }],
    ['of a copy of its directory, or of a boot before this one', { place: 'boot:1:3' }],
  ] as const) {
    it(`${whose} is left alone`, async () => {
      await saveSession(file, { ...owner, ...other }, 'zk1:secret');
      assert.equal(await savedSession(file, owner), undefined);
    });
  }

  it('which does not say whose it is, as no release leaves it in this layout, is none', async () => {
    await writeFile(file, 'zk1:secret');
    assert.equal(await savedSession(file, owner), undefined);
  });

  it('that is missing or cut short is none', async () => {
    assert.equal(await savedSession(file, owner), undefined);
    await writeFile(file, '{"machine":"m0"');
    assert.equal(await savedSession(file, owner), undefined);
  });
});
