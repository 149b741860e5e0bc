import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForgeSettings } from '../../../state/environments/environment.js';
import { forgeWarnings } from '../../../watcher/candidates/forge-warnings.js';

const MISSING = join(tmpdir(), 'ensemble-no-such-token');
const GIT = { host: 'git.example.com', kind: 'gitlab' } as const;

const rows: readonly (readonly [string, readonly ForgeSettings[], readonly RegExp[]])[] = [
  ['a forge without a token', [GIT], []],
  ['a token that is there', [{ ...GIT, tokenVariable: 'TOKEN' }], []],
  [
    'a host that is named twice',
    [GIT, { host: 'GIT.example.com', kind: 'github' }],
    [/GIT\.example\.com more than once: the first entry counts/],
  ],
  [
    'two tokens',
    [{ ...GIT, tokenFile: MISSING, tokenVariable: 'TOKEN' }],
    [/both token-file and token-variable for git\.example\.com: the variable counts/],
  ],
  [
    'a file that is not there',
    [{ ...GIT, tokenFile: MISSING }],
    [/cannot be read from .*no-such-token: ENOENT/],
  ],
  ['a variable that is not set', [{ ...GIT, tokenVariable: 'UNSET' }], [/\$UNSET, which is not set/]],
];

describe('what is said of forges when a watcher starts', () => {
  for (const [title, forges, expected] of rows)
    it(`of ${title}`, () => {
      const said = forgeWarnings(forges, { TOKEN: 'secret' });
      assert.equal(said.length, expected.length, said.join());
      for (const [index, text] of said.entries()) {
        assert.match(text, expected[index] ?? /^$/);
        assert.doesNotMatch(text, /secret/);
      }
    });
});
