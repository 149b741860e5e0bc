import assert from 'node:assert/strict';
import { RepositoryNotFound, RepositoryUnavailable } from '../../../../state/formula/errors.js';
import { gitFault } from '../../../../state/formula/repositories/git-fault.js';

describe('what git says when it fails means', () => {
  const location = { url: 'git+https://host/r' } as Parameters<typeof gitFault>[0];
  const rows: readonly (readonly [string, string])[] = [
    [
      'fatal: could not read Username for https://host: terminal prompts disabled',
      'it asks for a user and a password',
    ],
    [
      'git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.',
      'ssh is refused',
    ],
    ['fatal: unable to access: Could not resolve host: host', 'the name of its host is not known'],
    ['fatal: unable to access: Failed to connect to host port 443', 'nothing listens there'],
    ['error: RPC failed; Operation too slow', 'it does not answer'],
    ['fatal: SSL certificate problem: self-signed', 'its certificate is not trusted'],
    ["fatal: transport 'file' not allowed", 'it leads to a protocol that is not spoken here'],
    ['fatal: maximum (20) redirects followed', 'it redirects in a way that is not followed'],
    ['fatal: the remote end hung up unexpectedly', 'the connection to it broke'],
    ['warning: x\nfatal: bad object', 'git says: fatal: bad object'],
    ['warning: x', 'git ended with 128'],
  ];
  for (const [said, reason] of rows)
    it(reason, () => {
      const error = gitFault(location, said, 128);
      assert.ok(error instanceof RepositoryUnavailable, String(error));
      assert.deepEqual([error.reason, error.rateLimited ?? false], [reason, false]);
    });

  it('that it was asked too often, before anything else', () => {
    const error = gitFault(location, 'fatal: The requested URL returned error: 429, not found', 128);
    assert.ok(error instanceof RepositoryUnavailable);
    assert.equal(error.rateLimited, true);
  });
  for (const said of ["fatal: repository 'x' not found", 'fatal: /r does not appear to be a git repository'])
    it(`that there is none: ${said}`, () =>
      assert.ok(gitFault(location, said, 128) instanceof RepositoryNotFound));
  it('that a signal ended it', () =>
    assert.match(gitFault(location, '', null).message, /git ended with a signal/));
});
