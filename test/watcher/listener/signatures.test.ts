import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { isOfGithub, isOfGitlab } from '../../../watcher/listener/signatures.js';

const NOW = Date.UTC(2026, 0, 1);
const SECRET = "It's a Secret to Everybody";
const body = Buffer.from('Hello, World!');

describe('a webhook of GitHub', () => {
  // The example of GitHub's own documentation.
  const right = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  for (const [name, header, expected] of [
    ['is theirs by its signature', right, true],
    ['is not by another signature', right.replace('757', '758'), false],
    ['is not without one', undefined, false],
    ['is not by a signature that is cut short', right.slice(0, -1), false],
    ['is not by one of another kind', right.replace('sha256', 'sha1'), false],
    ['is not by an empty one', '', false],
  ] as const)
    it(name, () => {
      const headers = header === undefined ? {} : { 'x-hub-signature-256': header };
      assert.equal(isOfGithub({ headers, body }, SECRET), expected);
    });

  it('is not theirs by the signature of another body or secret', () => {
    const headers = { 'x-hub-signature-256': right };
    assert.equal(isOfGithub({ headers, body: Buffer.from('Hello, world!') }, SECRET), false);
    assert.equal(isOfGithub({ headers, body }, 'another'), false);
  });
});

describe('a webhook of GitLab', () => {
  it('is theirs by the token, and by no other', () => {
    assert.equal(isOfGitlab({ headers: { 'x-gitlab-token': SECRET }, body }, SECRET, NOW), true);
    assert.equal(isOfGitlab({ headers: { 'x-gitlab-token': 'another' }, body }, SECRET, NOW), false);
    assert.equal(isOfGitlab({ headers: {}, body }, SECRET, NOW), false);
  });

  const key = Buffer.alloc(32, 7);
  const signing = `whsec_${key.toString('base64')}`;
  const signed = (at: number, more: { readonly id?: string; readonly extra?: string } = {}) => {
    const timestamp = String(Math.floor(at / 1_000));
    const digest = createHmac('sha256', key).update(`m1.${timestamp}.`).update(body).digest('base64');
    return {
      body,
      headers: {
        'webhook-id': more.id ?? 'm1',
        'webhook-timestamp': timestamp,
        'webhook-signature': `${more.extra ?? ''}v1,${digest}`,
      },
    };
  };

  it('is theirs by its signature, also by the second of two', () => {
    assert.equal(isOfGitlab(signed(NOW), signing, NOW), true);
    assert.equal(isOfGitlab(signed(NOW, { extra: 'v1,AAAA ' }), signing, NOW), true);
  });

  it('is not theirs where it is old, of another id, or a token is sent in the place of a signature', () => {
    assert.equal(isOfGitlab(signed(NOW - 301_000), signing, NOW), false);
    assert.equal(isOfGitlab(signed(NOW + 301_000), signing, NOW), false);
    assert.equal(isOfGitlab(signed(NOW, { id: 'm2' }), signing, NOW), false);
    assert.equal(isOfGitlab({ headers: { 'x-gitlab-token': signing }, body }, signing, NOW), false);
    const both = signed(NOW - 301_000);
    assert.equal(
      isOfGitlab({ body, headers: { ...both.headers, 'x-gitlab-token': SECRET } }, SECRET, NOW),
      false,
    );
  });
});
