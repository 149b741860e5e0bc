import assert from 'node:assert/strict';
import { Lab } from '../../bench/lab/lab.js';
import { eventually } from '../eventually.js';

describe('a lab', () => {
  it('closes although an agent of it ended by itself', async () => {
    const lab = await Lab.open({ engine: 'embedded' });
    const { pid } = await lab.agent();
    process.kill(pid, 'SIGKILL');
    await eventually(() => assert.throws(() => process.kill(pid, 0)));
    await lab.close();
  });
});
