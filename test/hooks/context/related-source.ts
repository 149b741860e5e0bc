import type { HookRelation } from '../../../hooks/context/relation.js';
import { RecordingSource } from './recording-source.js';

/** The unit blog/0 in two relations of one name and one of another, and in one with its peers. */
export function relatedSource(): RecordingSource {
  const source = new RecordingSource();
  source.inRelations = [
    {
      id: 'db:4',
      name: 'db',
      role: 'requires',
      interface: 'mysql',
      service: 'mysql',
      settings: {
        'mysql/0': { 'private-address': '10.0.1.1', port: '3306', motto: `it's "all" \\ $HOME` },
        'mysql/1': { 'private-address': '10.0.1.2' },
        'blog/0': { 'private-address': '10.0.0.1', name: 'blog' },
      },
    },
    {
      id: 'cache:5',
      name: 'cache',
      role: 'requires',
      interface: 'memcached',
      service: 'fast',
      settings: { 'fast/0': { port: '11211' }, 'blog/0': {} },
    },
    {
      id: 'cache:6',
      name: 'cache',
      role: 'requires',
      interface: 'memcached',
      service: 'slow',
      settings: { 'blog/0': {} },
    },
    {
      id: 'loop:7',
      name: 'loop',
      role: 'peer',
      interface: 'blog-loop',
      service: 'blog',
      settings: { 'blog/0': {}, 'blog/1': { turn: 'yes' } },
    },
  ];
  return source;
}

/** What `db-relation-changed` is about. */
export const changed: HookRelation = {
  id: 'db:4',
  name: 'db',
  members: ['mysql/0', 'mysql/1'],
  remoteUnit: 'mysql/0',
  broken: false,
};

/** What `db-relation-broken` is about. */
export const broken: HookRelation = { id: 'db:4', name: 'db', members: [], broken: true };
