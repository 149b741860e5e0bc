import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Installs the package as README.md says, from what `npm pack` makes of this clone as it was built. After `npm ci` npm has
 * all that it needs; what it lacks it fetches, and fails where it cannot.
 * @param prefix an empty directory
 */
export function installPackage(prefix: string): void {
  const npm = (...words: readonly string[]): string =>
    execFileSync('npm', words, { cwd: root, encoding: 'utf8', timeout: 300_000 });
  // Without scripts: they would build it anew.
  const [{ filename }] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', prefix));
  npm(
    'install',
    ...['--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund'],
    join(prefix, filename),
  );
}
