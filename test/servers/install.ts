import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** What the tests start, and the Debian packages it comes in. */
interface Requirement {
  readonly name: string;
  readonly packages: readonly string[];
  readonly present: () => boolean;
}

const swiftCommands = ['proxy', 'account', 'container', 'object'].map((kind) => `swift-${kind}-server`);

const requirements: readonly Requirement[] = [
  { name: 'Java', packages: ['default-jre-headless'], present: () => isCommand('java') },
  {
    name: 'ZooKeeper',
    packages: ['zookeeper'],
    present: () => isAccessible('/usr/share/java/zookeeper.jar', constants.R_OK),
  },
  {
    name: 'Swift',
    packages: ['swift-proxy', 'swift-account', 'swift-container', 'swift-object'],
    present: () => swiftCommands.every(isCommand),
  },
  { name: 'git', packages: ['git'], present: () => isCommand('git') },
  { name: 'tmux', packages: ['tmux'], present: () => isCommand('tmux') },
  { name: 'python3', packages: ['python3'], present: () => isCommand('python3') },
  { name: 'zsh', packages: ['zsh'], present: () => isCommand('zsh') },
  { name: 'fish', packages: ['fish'], present: () => isCommand('fish') },
  { name: 'setpriv', packages: ['util-linux'], present: () => isCommand('setpriv') },
];

function isAccessible(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

function isCommand(name: string): boolean {
  const directories = (process.env.PATH ?? '').split(path.delimiter).filter((directory) => directory !== '');
  return directories.some((directory) => isAccessible(path.join(directory, name), constants.X_OK));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The packages' services find no configuration that lets them start; the tests start their own, on free ports. */
const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

/** A machine that has just been set up may be upgrading itself, which locks the package database. */
const patience = ['-o', 'DPkg::Lock::Timeout=300'];

/** Runs apt-get, whose output is shown only when it fails. */
function aptGet(args: readonly string[]): boolean {
  const { status, stdout, stderr, error } = spawnSync('apt-get', [...patience, ...args], {
    env: environment,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status === 0) return true;
  say(`apt-get ${args.join(' ')} failed:\n${error?.message ?? `${stdout}${stderr}`}`);
  return false;
}

/** Returns the exit status: 0 when all that the tests start is there, after installing it where that was needed. */
function install(): number {
  const missing = requirements.filter(({ present }) => !present());
  if (missing.length === 0) return 0;
  const names = missing.map(({ name }) => name).join(', ');
  const packages = missing.flatMap((requirement) => requirement.packages);
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!isCommand('apt-get')) {
    say(
      `the tests start real servers, and this machine lacks ${names}; it has no apt-get to install them with.`,
    );
    say(`Install what Debian calls ${packages.join(' ')}, then run the tests again.`);
    return 1;
  }
  if (process.getuid?.() !== 0) {
    say(`the tests start real servers, and this machine lacks ${names}; only root may install them.`);
    say(`Run this, then the tests again:\n\n  sudo apt-get update && sudo ${command}\n`);
    return 1;
  }
  say(`installing what the tests start, ${names}, once: ${command}`);
  // A list of packages that is partly out of date may still do, so the installation itself decides.
  aptGet(['update']);
  if (!aptGet(['install', '-y', '--no-install-recommends', ...packages])) return 1;
  const still = missing.filter(({ present }) => !present());
  if (still.length === 0) return 0;
  say(`${still.map(({ name }) => name).join(', ')} is not there although its packages were installed`);
  return 1;
}

process.exitCode = install();
