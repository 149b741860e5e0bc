import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readFormula } from '../../state/formula/formula.js';
import { useSandbox } from '../cli/sandbox.js';

describe('a file among the hooks whose name is nearly that of one', () => {
  const world = useSandbox();

  it('is warned of where it is executable, and others are not', async () => {
    const directory = await world.box.formula('web', 1, {
      metadata: 'requires: {db: sql}\n',
      files: {
        'hooks/instal': '#!/bin/sh\n',
        'hooks/start': '#!/bin/sh\n',
        'hooks/bd-relation-joined': '#!/bin/sh\n',
        'hooks/ensemble-info-relation-joined': '#!/bin/sh\n',
        'hooks/service.sh': '#!/bin/sh\n',
      },
    });
    const says = (name: string, meant: string): string =>
      `${join(directory, 'hooks', name)} is no hook of this formula and will not be run; is it meant to be ${meant}?`;
    assert.deepEqual([...(await readFormula(directory)).warnings].sort(), [
      says('bd-relation-joined', 'db-relation-joined'),
      says('instal', 'install'),
    ]);
  });
});
