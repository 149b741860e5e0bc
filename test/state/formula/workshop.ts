import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary directory for the tests of one `describe`, new for each test and removed after it. */
export class Workshop {
  #path = '';

  constructor() {
    beforeEach(async () => {
      this.#path = await mkdtemp(join(tmpdir(), 'ensemble-formula-'));
    });
    afterEach(async () => {
      await rm(this.#path, { recursive: true, force: true, maxRetries: 10 });
    });
  }

  path(...parts: string[]): string {
    return join(this.#path, ...parts);
  }

  /** Writes a tree: text is a file, `['x', text]` an executable, `['->', target]` a link, null a directory. */
  async tree(folder: string, files: Tree): Promise<string> {
    const root = this.path(folder);
    await mkdir(root, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      const path = join(root, name);
      await mkdir(content === null ? path : dirname(path), { recursive: true });
      if (content === null) continue;
      if (typeof content === 'string' || Buffer.isBuffer(content)) await writeFile(path, content);
      else if (content[0] === '->') await symlink(content[1], path);
      else {
        await writeFile(path, content[1]);
        await chmod(path, 0o755);
      }
    }
    return root;
  }
}

export type Tree = Readonly<Record<string, string | Buffer | readonly ['x' | '->', string] | null>>;

/** A formula with the two files and hook that nearly every test needs. */
export function formulaTree(name: string, revision: number, more: Tree = {}): Tree {
  return {
    'metadata.yaml': `name: ${name}\nrevision: ${revision}\nsummary: Tells the time\n`,
    'hooks/install': ['x', '#!/bin/sh\nexit 0\n'],
    ...more,
  };
}
