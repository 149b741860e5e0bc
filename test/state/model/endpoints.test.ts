import assert from 'node:assert/strict';
import {
  endpointsOf,
  formatEndpoint,
  matchEndpoints,
  parseEndpointName,
  scopeOf,
} from '../../../state/model/endpoints.js';
import {
  EndpointNotFound,
  EndpointsAmbiguous,
  EndpointsDoNotMatch,
} from '../../../state/model/relation-errors.js';
import { metadataOf, type Sections } from './relation-tree.js';

const db: Sections = { provides: { server: 'mysql', admin: 'mysql-admin' } };
const blog: Sections = { requires: { db: 'mysql', cache: { interface: 'redis', optional: true } } };

/** Which pair two names mean, as text. */
function match(one: string, a: Sections, other: string, b: Sections): string {
  const [left, right] = [parseEndpointName(one), parseEndpointName(other)];
  return matchEndpoints(
    [left, endpointsOf(left.service, metadataOf('one', a))],
    [right, endpointsOf(right.service, metadataOf('two', b))],
  )
    .map(formatEndpoint)
    .join(' ');
}

const fitting: readonly (readonly [string, string, Sections, string, Sections, string])[] = [
  ['an interface that one provides and the other requires', 'blog', blog, 'db', db, 'blog:db db:server'],
  ['whichever is named first', 'db', db, 'blog', blog, 'db:server blog:db'],
  ['a relation that is named', 'blog:db', blog, 'db', db, 'blog:db db:server'],
  ['two that are named', 'blog:db', blog, 'db:server', db, 'blog:db db:server'],
  [
    'the named one of several that fit',
    'blog:second',
    { requires: { first: 'mysql', second: 'mysql' } },
    'db',
    db,
    'blog:second db:server',
  ],
  [
    'the interface that every service provides',
    'log',
    { requires: { host: 'ensemble-info' } },
    'db',
    db,
    'log:host db:ensemble-info',
  ],
  [
    'a declared interface before the one that every service provides',
    'log',
    { requires: { host: 'ensemble-info', db: 'mysql' } },
    'db',
    db,
    'log:db db:server',
  ],
  [
    'the one that every service provides where it is named',
    'log:host',
    { requires: { host: 'ensemble-info', db: 'mysql' } },
    'db:ensemble-info',
    db,
    'log:host db:ensemble-info',
  ],
];

const unfitting: readonly (readonly [string, string, Sections, string, Sections])[] = [
  ['another interface', 'blog', { requires: { db: 'postgres' } }, 'db', db],
  ['two that require', 'blog', blog, 'other', blog],
  ['two that provide', 'one', db, 'two', db],
  ['peers of two services', 'one', { peers: { ring: 'ring' } }, 'two', { peers: { ring: 'ring' } }],
  ['a service and itself', 'both', { ...db, ...blog }, 'both', { ...db, ...blog }],
  ['names that do not fit each other', 'blog:cache', blog, 'db:server', db],
];

describe('endpoints', () => {
  for (const [rule, one, a, other, b, expected] of fitting) {
    it(`are matched: ${rule}`, () => assert.equal(match(one, a, other, b), expected));
  }

  for (const [rule, one, a, other, b] of unfitting) {
    it(`are not matched: ${rule}`, () => assert.throws(() => match(one, a, other, b), EndpointsDoNotMatch));
  }

  it('that fit in several ways are all named, and the first as the command to type', () => {
    const two = { requires: { first: 'mysql', second: 'mysql' } };
    assert.throws(
      () => match('blog', two, 'db', db),
      (error: unknown) => {
        assert.ok(error instanceof EndpointsAmbiguous);
        assert.deepEqual(error.pairs, [
          ['blog:first', 'db:server'],
          ['blog:second', 'db:server'],
        ]);
        assert.equal(error.next, 'ensemble add-relation blog:first db:server');
        return true;
      },
    );
  });

  it('that are named and not there are answered with those that are', () => {
    assert.throws(
      () => match('blog:data', blog, 'db', db),
      (error: unknown) => {
        assert.ok(error instanceof EndpointNotFound);
        assert.equal(error.message, 'service blog has no relation data; it has: db, cache');
        return true;
      },
    );
  });

  it('make a relation of container scope as soon as one of them says so', () => {
    const scopes = (a: 'global' | 'container', b: 'global' | 'container') =>
      scopeOf([
        ...endpointsOf('a', metadataOf('a', { requires: { x: { interface: 'i', scope: a } } })).slice(0, 1),
        ...endpointsOf('b', metadataOf('b', { provides: { y: { interface: 'i', scope: b } } })).slice(0, 1),
      ]);
    assert.equal(scopes('global', 'global'), 'global');
    assert.equal(scopes('container', 'global'), 'container');
    assert.equal(scopes('global', 'container'), 'container');
  });

  it('of peers are always of global scope, since they share no container', () => {
    const [peer] = endpointsOf(
      'a',
      metadataOf('a', { peers: { ring: { interface: 'ring', scope: 'container' } } }),
    );
    assert.equal(peer && scopeOf([peer]), 'global');
  });
});
