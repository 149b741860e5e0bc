import assert from 'node:assert/strict';
import { type FormulaContents, formulaChanges } from '../../../state/formula/changes.js';
import { parseFormulaFiles } from '../../../state/formula/formula-files.js';
import type { Manifest } from '../../../state/formula/manifest.js';

function contents(metadata: string, config: string, manifest: Manifest): FormulaContents {
  const files = { 'metadata.yaml': Buffer.from(metadata), 'config.yaml': Buffer.from(config) };
  return { manifest, ...parseFormulaFiles(files, (name) => name) };
}

const file = (path: string, sha256 = 'a', executable = false): Manifest[number] => ({
  kind: 'file',
  path,
  sha256,
  size: 1,
  executable,
});

describe('formulaChanges', () => {
  const before = contents(
    'name: a\nrevision: 1\nprovides: {web: http}\nrequires: {db: mysql, cache: redis}\n',
    'options: {port: {type: int, default: 80}, title: {type: string}, gone: {type: boolean}}',
    [
      { kind: 'directory', path: 'data' },
      file('data/same'),
      file('hooks/install'),
      file('hooks/start', 'a', true),
      file('hooks/stop'),
      file('kept', 'a'),
      { kind: 'link', path: 'link', target: 'kept' },
    ],
  );
  const after = contents(
    'name: a\nrevision: 2\nprovides: {db: mysql}\nrequires: {cache: {interface: redis, limit: 1}, log: syslog}\n',
    'options: {port: {type: int, default: 8080}, title: {type: string}, debug: {type: boolean, default: false}}',
    [
      { kind: 'directory', path: 'data' },
      file('data/same'),
      file('hooks/install', 'b'),
      file('hooks/start', 'a', false),
      file('hooks/upgrade-formula'),
      file('hooks/lib/common'),
      file('kept', 'a'),
      { kind: 'link', path: 'link', target: 'data/same' },
    ],
  );
  const changes = formulaChanges(before, after);

  it('names the files that were added, removed and changed; a bit or a link’s target is a change', () => {
    assert.deepEqual(changes.files, {
      added: ['hooks/lib/common', 'hooks/upgrade-formula'],
      removed: ['hooks/stop'],
      changed: ['hooks/install', 'hooks/start', 'link'],
    });
  });

  it('names the hooks among them', () => {
    assert.deepEqual(changes.hooks, {
      added: ['upgrade-formula'],
      removed: ['stop'],
      changed: ['install', 'start'],
    });
  });

  it('describes relations, and that one changed its role', () => {
    assert.deepEqual(
      changes.relations.added.map(({ name, value }) => [name, value.role, value.interface]),
      [['log', 'requires', 'syslog']],
    );
    assert.deepEqual(
      changes.relations.removed.map(({ name, value }) => [name, value.role]),
      [['web', 'provides']],
    );
    assert.deepEqual(changes.relations.changed, [
      { name: 'cache', fields: [{ field: 'limit', from: null, to: 1 }] },
      { name: 'db', fields: [{ field: 'role', from: 'requires', to: 'provides' }] },
    ]);
  });

  it('describes config options with their old and new defaults', () => {
    assert.deepEqual(changes.options.added, [
      { name: 'debug', value: { type: 'boolean', default: false, description: '' } },
    ]);
    assert.deepEqual(
      changes.options.removed.map(({ name }) => name),
      ['gone'],
    );
    assert.deepEqual(changes.options.changed, [
      { name: 'port', fields: [{ field: 'default', from: 80, to: 8080 }] },
    ]);
  });

  it('finds nothing between a formula and itself', () => {
    const none = { added: [], removed: [], changed: [] };
    assert.deepEqual(formulaChanges(after, after), {
      files: none,
      hooks: none,
      relations: none,
      options: none,
    });
  });
});
