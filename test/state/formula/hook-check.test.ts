import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HookNotExecutable, HookNotRunnable } from '../../../state/formula/errors.js';
import { checkHooks, misnamedFiles } from '../../../state/formula/hook-check.js';

const names = ['install', 'start', 'upgrade-formula', 'db-relation-joined'];

describe('the hooks of a formula', () => {
  let formula: string;
  beforeEach(() => {
    formula = mkdtempSync(join(tmpdir(), 'ensemble-hook-check-'));
  });
  afterEach(() => rmSync(formula, { recursive: true, force: true }));

  function write(path: string, content: string | Uint8Array, mode = 0o755): void {
    mkdirSync(dirname(join(formula, path)), { recursive: true });
    writeFileSync(join(formula, path), content);
    chmodSync(join(formula, path), mode);
  }
  const check = (): readonly string[] =>
    checkHooks(formula, names).map((line) => line.replaceAll(`${formula}/`, ''));

  describe('are fine', () => {
    it('if there are none', () => assert.deepEqual(check(), []));

    const rows: readonly (readonly [string, string | Uint8Array])[] = [
      ['as scripts that name an interpreter', '#!/bin/sh\ntrue\n'],
      ['with a space behind #!', '#! /usr/bin/env perl\n'],
      ['as one line without an end', '#!/bin/sh'],
      ['as programs, whatever they hold', Buffer.from('\x7fELF\r\n\x00\x01', 'latin1')],
    ];
    for (const [rule, content] of rows)
      it(rule, () => {
        write('hooks/install', content);
        assert.deepEqual(check(), []);
      });
  });

  describe('are refused', () => {
    const rows: readonly (readonly [
      string,
      () => void,
      typeof HookNotExecutable | typeof HookNotRunnable,
      string,
    ])[] = [
      [
        'if they may not be executed',
        () => write('hooks/install', '#!/bin/sh\n', 0o644),
        HookNotExecutable,
        'mode',
      ],
      [
        'if they are directories',
        () => mkdirSync(join(formula, 'hooks', 'install'), { recursive: true }),
        HookNotRunnable,
        'is not a file',
      ],
      [
        'if the interpreter’s name would end in a carriage return',
        () => write('hooks/install', '#!/bin/sh\r\ntrue\r\n'),
        HookNotRunnable,
        'has Windows line ends (CRLF); convert it, for instance with dos2unix',
      ],
      [
        'if #! names nothing',
        () => write('hooks/install', '#! \n'),
        HookNotRunnable,
        'names no interpreter behind #!',
      ],
    ];
    for (const [rule, make, kind, reason] of rows)
      it(rule, () => {
        make();
        assert.throws(check, (error: unknown) => {
          assert.ok(error instanceof kind, String(error));
          assert.deepEqual(
            [error.hook, error.path, error.reason],
            ['install', join(formula, 'hooks/install'), reason],
          );
          return true;
        });
      });
  });

  describe('are warned about', () => {
    const rows: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
      [
        'if they do not begin with #!',
        { 'hooks/install': 'true\n' },
        ['hooks/install does not begin with #! and will be run by /bin/sh'],
      ],
      [
        'if they are empty',
        { 'hooks/install': '' },
        ['hooks/install does not begin with #! and will be run by /bin/sh'],
      ],
      [
        'if a later line has a Windows end, with its number',
        { 'hooks/start': '#!/bin/sh\ntrue\nfalse\r\n' },
        [
          'hooks/start:3: has Windows line ends (CRLF), which most interpreters stumble over; convert it, for instance with dos2unix',
        ],
      ],
      [
        'if their name is nearly that of a hook',
        { 'hooks/instal': '#!/bin/sh\n' },
        ['hooks/instal is no hook of this formula and will not be run; is it meant to be install?'],
      ],
      [
        'if they have the name that the predecessors gave a hook',
        { 'hooks/upgrade-charm': '#!/bin/sh\n' },
        [
          'hooks/upgrade-charm is no hook of this formula and will not be run; is it meant to be upgrade-formula?',
        ],
      ],
      [
        'unless the hook is there too',
        { 'hooks/upgrade-charm': '#!/bin/sh\n', 'hooks/upgrade-formula': '#!/bin/sh\n' },
        [],
      ],
      ['unless their name is near none', { 'hooks/common-functions': '#!/bin/sh\n' }, []],
      ['unless the name is not an own one of a table', { 'hooks/constructor': '#!/bin/sh\n' }, []],
    ];
    for (const [rule, files, warnings] of rows)
      it(rule, () => {
        for (const [path, content] of Object.entries(files)) write(path, content);
        assert.deepEqual(check(), warnings);
      });

    it('unless what has nearly the name of a hook cannot be executed', () => {
      write('hooks/instal', 'notes', 0o644);
      mkdirSync(join(formula, 'hooks', 'strat'));
      assert.deepEqual(check(), []);
    });

    it('if a link to a program has nearly the name of a hook, but not a link that leads nowhere', () => {
      write('common', '#!/bin/sh\n');
      mkdirSync(join(formula, 'hooks'));
      symlinkSync('../common', join(formula, 'hooks', 'instal'));
      symlinkSync('../none', join(formula, 'hooks', 'strat'));
      assert.deepEqual(check(), [
        'hooks/instal is no hook of this formula and will not be run; is it meant to be install?',
      ]);
    });
  });

  it('are told of the first that is not fine, behind what would be a warning', () => {
    write('hooks/install', 'true\n');
    write('hooks/start', '#!/bin/sh\n', 0o600);
    assert.throws(check, HookNotExecutable);
  });
});

describe('files with names that nothing reads are told', () => {
  let formula: string;
  beforeEach(() => {
    formula = mkdtempSync(join(tmpdir(), 'ensemble-misnamed-'));
  });
  afterEach(() => rmSync(formula, { recursive: true, force: true }));
  const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['not if all are right', ['metadata.yaml', 'config.yaml', 'hooks'], []],
    ['if they end in .yml', ['metadata.yml', 'config.yml'], ['metadata.yml', 'config.yml']],
    ['if the hooks are in hook', ['metadata.yaml', 'hook'], ['hook']],
    ['not if what is read is there too', ['config.yml', 'config.yaml'], []],
  ];
  for (const [rule, files, told] of rows)
    it(rule, () => {
      for (const name of files) writeFileSync(join(formula, name), '');
      const right = { 'metadata.yml': 'metadata.yaml', 'config.yml': 'config.yaml', hook: 'hooks' };
      assert.deepEqual(
        misnamedFiles(formula),
        told.map(
          (name) => `${join(formula, name)} is not read; is it meant to be ${Reflect.get(right, name)}?`,
        ),
      );
    });

  it('not if the directory is gone', () => assert.deepEqual(misnamedFiles(join(formula, 'none')), []));
});
