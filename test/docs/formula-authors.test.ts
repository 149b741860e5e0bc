import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { HookContext } from '../../hooks/context/hook-context.js';
import { hookEnvironment } from '../../hooks/hook-environment.js';
import { busyScript, busyTools } from '../../hooks/client/busy-tools.js';
import { upgradeRuleKeys } from '../../state/formula/upgrade-rules.js';
import { findPerl } from '../../state/platform/find-perl.js';
import { hookTools } from '../../hooks/tools/all-tools.js';
import { runTool } from '../../hooks/tools/run-tool.js';
import { InputWanted } from '../../hooks/tools/tool.js';
import { relationEvents, unitHooks } from '../../state/formula/hook-names.js';
import { hookRulesSchema } from '../../state/formula/hook-rules.js';
import { metadataSchema } from '../../state/formula/metadata.js';
import { releaseSchema } from '../../state/formula/release.js';
import { RecordingSource } from '../hooks/context/recording-source.js';
import { filesUnder, sectionOf, textOf, variablesIn } from './project.js';

const page = (): string => textOf('docs/formula-authors.md');

/** The first column of the tables in a part of the page, without backquotes. */
function firstColumn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| `(.+?)` \|/gm)].map(([, name]) => name ?? '');
}

/** The names in the first column of the tables in a part of the page: a row may stand for several. */
function namesIn(markdown: string): readonly string[] {
  const cells = [...markdown.matchAll(/^\| (`.+?`) \|/gm)].map(([, cell]) => cell ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`(.+?)`/g)].map(([, name]) => name ?? '')).sort();
}

describe('the page for authors of formulas', () => {
  it('has a section for every hook tool, and for no other', () => {
    const sections = [...sectionOf(page(), 'Hook tools').matchAll(/^### (.+)$/gm)].map(([, name]) => name);
    assert.deepEqual(sections.sort(), [...hookTools, ...busyTools].map(({ name }) => name).sort());
  });

  it('has a row for every variable of a hook, and for no other', () => {
    const environment = hookEnvironment({
      unit: 'mysql/0',
      hook: 'upgrade-formula',
      attempt: 1,
      clientId: 'id',
      formulaDirectory: '/formula',
      dataDirectory: '/data',
      socket: '/socket',
      toolDirectory: '/tools',
      relation: { name: 'db', id: 'db:1', remoteUnit: 'blog/0' },
      upgrade: { from: 'principia:mysql-1', to: 'principia:mysql-2' },
      pending: {
        unit: 'mysql/0',
        relation: '',
        class: 'eligible',
        urgent: '',
        deadline: '2026-02-01T00:00:00Z',
      },
    });
    const variables = Object.keys(environment).filter((name) => name.startsWith('ENSEMBLE_'));
    assert.deepEqual([...firstColumn(sectionOf(page(), 'Environment'))].sort(), variables.sort());
  });

  it('has an example of every variable of a hook', () => {
    const rows = [...sectionOf(page(), 'Environment').matchAll(/^\| `(ENSEMBLE_\w+)` \|(.*)\|$/gm)];
    assert.ok(rows.length > 10);
    for (const [, name, cells = ''] of rows) {
      const [says, example] = cells.replaceAll('\\|', '').split(' | ');
      assert.ok(says && example?.includes('`'), `${name}: there is no example`);
    }
  });

  it('has an example of every hook', () => {
    const events = relationEvents.map((event) => `\\w+-relation-${event}`);
    for (const hook of [...unitHooks, 'revert-formula', ...events])
      assert.match(page(), new RegExp(`^(cat >|# |ln -s .*)\\S*hooks/${hook}\\b`, 'm'), hook);
  });

  it('names every variable that the hooks room knows, and no other', () => {
    const sources = filesUnder('hooks').filter((file) => file.endsWith('.ts'));
    assert.deepEqual(variablesIn(page()), variablesIn(sources.map((file) => textOf(`hooks/${file}`)).join()));
  });

  it('has a row for every hook of a unit, and for no other', () => {
    const hooks = new Set([...unitHooks, 'revert-formula']);
    assert.deepEqual([...firstColumn(sectionOf(page(), 'Hooks'))].sort(), [...hooks].sort());
  });

  it('has a row for every hook of a relation, and for no other', () => {
    assert.deepEqual(
      firstColumn(sectionOf(page(), 'Hooks of relations')),
      relationEvents.map((event) => `<relation>-relation-${event}`),
    );
  });

  it('has a row for every key of metadata.yaml, of its endpoints, hooks and release, and for no other', () => {
    const limits = sectionOf(page(), 'Limits and retries');
    const releases = sectionOf(page(), 'Releases');
    const own = sectionOf(page(), 'metadata.yaml').replace(limits, '').replace(releases, '');
    assert.deepEqual(namesIn(releases), Object.keys(releaseSchema.def.out.def.innerType.shape).sort());
    const { shape } = metadataSchema;
    const endpoint = shape.provides.def.out.def.valueType.def.out.shape;
    assert.deepEqual(namesIn(own), Object.keys({ ...shape, ...endpoint }).sort());
    const rules = hookRulesSchema.def.out.def.innerType.def.valueType.shape;
    assert.deepEqual(namesIn(limits), Object.keys(rules).sort());
    for (const key of Object.keys(rules.retry.def.innerType.shape))
      assert.ok(limits.includes(`\`${key}\``), `${key} of retry is missing`);
  });

  it('has a row for every key of upgrade, and for no other', () => {
    const section = sectionOf(page(), 'While a unit is busy');
    const keys = [...section.matchAll(/^\| ([a-z][a-z-]+) \|/gm)].map(([, key]) => key ?? '');
    assert.deepEqual(keys.sort(), [...upgradeRuleKeys].sort());
  });

  for (const { name } of busyTools)
    it(`shows ${name} with every option that its help has`, () => {
      const script = busyScript(findPerl(), '/nowhere');
      const { stdout } = spawnSync(
        'perl',
        ['-e', `$0 = '${name}'; eval join '', <STDIN>; die $@ if $@`, '--', '--help'],
        {
          input: script,
          encoding: 'utf8',
        },
      );
      const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option]) => option ?? '');
      assert.ok(options.includes('--help'), stdout);
      const sections = sectionOf(page(), 'Hook tools').split(/^### /m);
      const own = sections.find((part) => part.startsWith(`${name}\n`)) ?? '';
      for (const option of options)
        assert.ok(option === '--help' || own.includes(option), `${option} is missing`);
      assert.match(own, new RegExp(`(^|\`| |/)${name} `, 'm'), 'there is no example');
    });

  it('says what becomes of a failed tool in sh as it is', () => {
    const [, block = ''] = /sees less[\s\S]*?```sh\n([\s\S]*?)```/.exec(sectionOf(page(), 'Patterns')) ?? [];
    const lines = block.split('\n').filter((line) => line.includes('$('));
    assert.deepEqual(
      lines.map((line) => line.includes('ends the hook')),
      [true, false, false],
    );
    for (const line of lines) {
      const failing = line.replace(/relation-list|config-get/, 'false');
      const { status } = spawnSync('sh', ['-c', `set -eu\n${failing}`]);
      assert.equal(status !== 0, line.includes('ends the hook'), line);
    }
  });

  it('keeps to its patterns in the examples: python hooks by -B, node hooks by import()', () => {
    const hooks = filesUnder('examples/principia').filter((file) => /\/hooks\/[^/]+$/.test(file));
    const texts = hooks.map((file) => [file, textOf(`examples/principia/${file}`)] as const);
    for (const [file, text] of texts) {
      if (text.startsWith('#!/usr/bin/env node')) assert.match(text, /\bimport\(/, file);
      if (/^#!.*python/.test(text)) assert.match(text, /^#!\/usr\/bin\/env -S python3 -B\n/, file);
      if (text.startsWith('#!/bin/sh')) assert.match(text, /^set -eu$/m, file);
    }
    assert.ok(texts.length > 20);
  });

  for (const tool of hookTools)
    it(`shows ${tool.name} with every option that its help has`, async () => {
      const context = new HookContext('id', new RecordingSource());
      const help = await runTool(tool, { context, arguments: ['--help'], directory: '/' });
      assert.ok(!(help instanceof InputWanted));
      const options = [...help.stdout.matchAll(/^ {2}(?:(-\w), )?(--[a-z-]+)/gm)];
      const section = sectionOf(page(), 'Hook tools').split(/^### /m);
      const own = `${section[0]}${section.find((part) => part.startsWith(`${tool.name}\n`))}`;
      assert.ok(
        options.some(([, , long]) => long === '--help'),
        help.stdout,
      );
      for (const [, short, long = ''] of options)
        assert.ok(
          [short, long].some((name) => name && own.includes(name)),
          `${long} is missing`,
        );
      assert.match(own, new RegExp(`(^|\`|\\(| )${tool.name} `, 'm'), 'there is no example');
    });
});
