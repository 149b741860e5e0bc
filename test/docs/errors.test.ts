import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EnsembleError } from '../../state/platform/errors.js';
import { filesUnder, projectDirectory, textOf } from './project.js';

interface Found {
  readonly code: string;
  readonly where: string;
}

const rooms = ['cli', 'control', 'agent', 'hooks', 'state', 'migrate', 'watcher'];

/** Every class with a code in every file named errors.js or *-errors.js, and where it stands. */
async function findErrors(): Promise<readonly Found[]> {
  const files = rooms.flatMap((room) =>
    filesUnder(`dist/${room}`)
      .filter((file) => /(^|\/|-)errors\.js$/.test(file))
      // What an earlier build left of a source that moved is not looked at.
      .filter((file) => existsSync(join(projectDirectory, room, file.replace(/\.js$/, '.ts'))))
      .map((file) => `dist/${room}/${file}`),
  );
  const found = await Promise.all(
    files.map(async (file) => {
      const exported: Record<string, unknown> = await import(
        pathToFileURL(join(projectDirectory, file)).href
      );
      return Object.entries(exported).flatMap(([name, value]) =>
        typeof value === 'function' && value.prototype instanceof EnsembleError && value !== EnsembleError
          ? [{ code: String(Reflect.get(value, 'code')), where: `${name} in ${file}` }]
          : [],
      );
    }),
  );
  return found.flat();
}

/** Every class that a file of errors defines, by the text of it: one that is not exported would not be found otherwise. */
const defined = (): readonly string[] =>
  rooms
    .flatMap((room) => filesUnder(room).map((file) => `${room}/${file}`))
    .filter((file) => /(^|\/|-)errors\.ts$/.test(file))
    .flatMap((file) =>
      [...textOf(file).matchAll(/^.*?\bclass (\w+) extends defineError\b/gm)]
        .filter(([line]) => !line.startsWith(' *'))
        .map(([, name]) => `${name} in dist/${file.replace(/\.ts$/, '.js')}`),
    );

/** Sources that define an error outside of the files looked at above. */
function strays(): readonly string[] {
  return rooms
    .flatMap((room) => filesUnder(room).map((file) => `${room}/${file}`))
    .filter((file) => /\.ts$/.test(file) && !/(^|\/|-)errors\.ts$/.test(file))
    .filter((file) => /extends EnsembleError\b|\bdefineError\b/.test(textOf(file)));
}

const pages = (): readonly string[] =>
  filesUnder('docs/errors')
    .filter((file) => file !== 'README.md')
    .map((file) => file.replace(/\.md$/, ''))
    .sort();

describe('the docs of errors', () => {
  let errors: readonly Found[];
  before(async () => {
    errors = await findErrors();
    assert.ok(errors.length > 50, `only ${errors.length} error classes were found`);
  });

  it('give each class a kebab-case code of its own', () => {
    const owners = new Map<string, string>();
    for (const { code, where } of errors) {
      assert.match(code, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, where);
      assert.equal(owners.get(code), undefined, `${where} has the code ${code} too`);
      owners.set(code, where);
    }
  });

  it('are complete, because errors are defined in errors.ts only', () => {
    assert.deepEqual(strays(), []);
  });

  it('miss none, because each is exported', () => {
    const found = new Set(errors.map(({ where }) => where));
    assert.deepEqual(
      defined().filter((where) => !found.has(where)),
      [],
    );
  });

  it('describe errors that one helper makes, other than the base of them', () => {
    const own = rooms
      .flatMap((room) => filesUnder(room).map((file) => `${room}/${file}`))
      .filter((file) => /\.ts$/.test(file) && /extends EnsembleError\b/.test(textOf(file)));
    assert.deepEqual(own, ['state/platform/errors.ts'], 'define it with defineError');
  });

  it('have a page for every code, and no page without one', () => {
    assert.deepEqual(pages(), errors.map(({ code }) => code).sort());
  });

  it('list every code once, in order, with its page', () => {
    const rows = [...textOf('docs/errors/README.md').matchAll(/^\| \[(.+?)\]\((.+?)\) \|/gm)];
    assert.deepEqual(
      rows.map(([, code, page]) => [code, page]),
      errors.map(({ code }) => [code, `${code}.md`]).sort(),
    );
  });

  it('say on each page what happened, what was printed, why, and what to do', () => {
    for (const code of pages()) {
      const page = textOf(`docs/errors/${code}.md`);
      assert.ok(page.startsWith(`# ${code}\n\n`), `${code}: the title is not its code`);
      assert.match(page, /\n```\n[\s\S]+?\n```\n/, `${code}: there is no example of its message`);
      assert.match(page, /\n\*\*Cause\.\*\* \S/, `${code}: there is no cause`);
      assert.match(page, /\n\*\*Remedy\.\*\* \S/, `${code}: there is no remedy`);
    }
  });
});
