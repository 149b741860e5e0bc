import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { policyModes } from '../../state/model/upgrade-policy.js';
import { watcherProgram } from '../programs.js';
import { sectionOf, textOf } from './project.js';

const page = (): string => textOf('docs/watcher.md');

describe('the page about the watcher', () => {
  it('has every option of ensemble-watcher, and no other', () => {
    const help = execFileSync(process.execPath, [watcherProgram, '--help'], { encoding: 'utf8' });
    const options = [...help.matchAll(/^ {2}(-.+?)(?: {2,}|$)/gm)]
      .map(([, flags]) => flags)
      .filter((flags) => flags !== '-h, --help' && flags !== '-V, --version');
    const documented = [...page().matchAll(/^\| `(-.+?)` \|/gm)].map(([, flags]) => flags);
    assert.deepEqual(documented, options);
    assert.ok(options.length >= 6, help);
  });

  it('says what each policy does', () => {
    const rows = [...sectionOf(page(), 'Policies').matchAll(/^\| `([a-z]+)` \|/gm)].map(([, mode]) => mode);
    assert.deepEqual(rows, policyModes);
  });
});
