import assert from 'node:assert/strict';
import { forgeIn, forgeSchema } from '../../../state/environments/forges.js';
import * as z from '../../../state/platform/zod.js';

describe('an entry of forges', () => {
  const base = { host: 'git.example.org', kind: 'gitlab' };
  const rows: readonly (readonly [object, string | undefined])[] = [
    [{}, undefined],
    [{ host: '[::1]:8080' }, undefined],
    [{ host: 'a b' }, 'is no host'],
    [{ host: 'https://a' }, 'is no host'],
    [{ api: 'https://a/api/v4' }, undefined],
    [{ api: 'http://127.0.0.1:80/api' }, undefined],
    [{ api: 'http://localhost' }, undefined],
    [{ api: 'http://[::1]:1' }, undefined],
    [{ api: 'http://a/api' }, 'is no https: URL without a user, ? and #'],
    [{ api: 'http://localhost.example.org/' }, 'is no https: URL without a user, ? and #'],
    [{ api: 'https://user@a' }, 'is no https: URL without a user, ? and #'],
    [{ api: 'https://a?token=b' }, 'is no https: URL without a user, ? and #'],
    [{ 'token-variable': 'A_1' }, undefined],
    [{ 'token-variable': '1A' }, 'is no name of a variable'],
  ];
  for (const [entry, fault] of rows)
    it(`${JSON.stringify(entry)} ${fault ?? 'is one'}`, () => {
      const { error } = z.safeParse(forgeSchema, { ...base, ...entry });
      assert.equal(error?.issues[0]?.message, fault);
    });

  it('says what it says, with files from the home and the API without a slash behind', () =>
    assert.deepEqual(
      forgeIn(
        { host: 'a', kind: 'github', api: 'https://a/b//', 'token-file': 't', 'token-variable': 'V' },
        '/h',
      ),
      { host: 'a', kind: 'github', api: 'https://a/b', tokenFile: '/h/t', tokenVariable: 'V' },
    ));
  it('says nothing of what it leaves out', () =>
    assert.deepEqual(forgeIn({ host: 'a', kind: 'github' }, '/h'), { host: 'a', kind: 'github' }));
});
