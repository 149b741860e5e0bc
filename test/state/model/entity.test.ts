import assert from 'node:assert/strict';
import { parseEntity } from '../../../state/model/entity.js';
import { NodeInvalid } from '../../../state/model/errors.js';
import { statusSchema } from '../../../state/model/unit-schemas.js';

const node = (value: string, version = 0) => ({ value, version, ephemeral: false });
const text = (since: string): string => JSON.stringify({ state: 'started', since, message: '' });

describe('what nodes say', () => {
  it('is the same where their texts are, each with its own version', () => {
    const [one, two] = [1, 2].map((version) => parseEntity('/a', statusSchema, node(text('now'), version)));
    assert.deepEqual(one?.value, { state: 'started', since: 'now', message: '' });
    assert.deepEqual([one?.version, two?.version], [1, 2]);
    assert.deepEqual(two?.value, one?.value);
  });

  it('is validated for every text, however many came before', () => {
    for (let at = 0; at < 500; at += 1)
      assert.equal(parseEntity('/a', statusSchema, node(text(`${at}`)))?.value.since, `${at}`);
    for (const bad of ['{"state":"asleep"}', 'no JSON', '{"state":"asleep"}'])
      assert.throws(() => parseEntity('/a', statusSchema, node(bad)), NodeInvalid);
  });
});
