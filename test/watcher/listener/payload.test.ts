import assert from 'node:assert/strict';
import { repositoriesOf, repositoryKey } from '../../../watcher/listener/payload.js';

describe('the repository of a webhook', () => {
  for (const [url, key] of [
    ['https://github.com/Ops/Formulas.git', 'github.com/ops/formulas'],
    ['git+https://github.com/ops/formulas.git#main:mysql', 'github.com/ops/formulas'],
    ['git+ssh://git@www.github.com:22/ops//formulas', 'github.com/ops/formulas'],
    ['git@github.com:ops/formulas.git', 'github.com/ops/formulas'],
    ['git://github.com/ops/formulas', 'github.com/ops/formulas'],
    ['https://user:pass@gitlab.example.com:8443/a/b/c', 'gitlab.example.com/a/b/c'],
    ['https://example.com/', undefined],
    ['file:///srv/formulas', undefined],
    ['git+file:///srv/formulas', undefined],
    ['/srv/formulas', undefined],
    ['./formulas', undefined],
    ['', undefined],
  ] as const)
    it(`of ${url} is ${key}`, () => {
      assert.equal(repositoryKey(url), key);
    });

  it('is found in what GitHub sends, as JSON and as a form', () => {
    const push = JSON.stringify({
      ref: 'refs/heads/main',
      repository: { clone_url: 'https://github.com/o/r.git', ssh_url: 'git@github.com:o/r.git' },
    });
    for (const text of [push, new URLSearchParams({ payload: push }).toString()])
      assert.deepEqual([...repositoriesOf(Buffer.from(text))], ['github.com/o/r']);
  });

  it('is found in what GitLab sends', () => {
    const push = {
      project: { git_http_url: 'https://gitlab.com/o/r.git', git_ssh_url: 'git@gitlab.com:o/r.git' },
      repository: { url: 'git@gitlab.com:o/r.git', homepage: 'https://gitlab.com/o/r' },
    };
    assert.deepEqual([...repositoriesOf(Buffer.from(JSON.stringify(push)))], ['gitlab.com/o/r']);
  });

  for (const text of ['no json', '[]', 'null', '{"repository": 7}', '{"repository": {"clone_url": {}}}'])
    it(`is none of ${text}`, () => {
      assert.deepEqual([...repositoriesOf(Buffer.from(text))], []);
    });
});
