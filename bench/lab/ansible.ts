import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotMeasure } from '../benchmark.js';
import { timed } from './process.js';

/** The same upgrade by hand in Ansible: the directory, the files, stop, swap, hook, start. */
const PLAYBOOK = `- hosts: all
  gather_facts: false
  tasks:
    - file: {path: "{{ unit }}/{{ turn }}", state: directory}
    - unarchive: {src: "{{ bundle }}", dest: "{{ unit }}/{{ turn }}", remote_src: true}
    - command: ./stop
      args: {chdir: "{{ unit }}"}
    - file: {src: "{{ unit }}/{{ turn }}", dest: "{{ unit }}/formula", state: link, force: true}
    - command: ./hooks/upgrade-formula
      args: {chdir: "{{ unit }}/formula"}
      environment: {ENSEMBLE_UNIT_NAME: "{{ inventory_hostname }}", ENSEMBLE_DATA_DIR: "{{ unit }}"}
    - command: ./start
      args: {chdir: "{{ unit }}"}
`;

/**
 * Sees that Ansible is there, as the tests do with their servers.
 * @throws CannotMeasure
 */
export function requireAnsible(): void {
  const there = (): boolean => spawnSync('ansible-playbook', ['--version']).status === 0;
  const install = [
    'install',
    '-y',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=300',
    'ansible-core',
  ];
  if (there()) return;
  if (process.getuid?.() === 0) {
    process.stderr.write('installing ansible-core, once … ');
    spawnSync('apt-get', install, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  }
  if (!there())
    throw new CannotMeasure(
      'the peer is not here: run `sudo apt-get install ansible-core`, then this benchmark again',
    );
}

/** Units in directories of their own, each an Ansible host over the local connection. */
export class AnsibleUnits {
  readonly #directory: string;

  constructor(directory: string, units: number) {
    this.#directory = directory;
    const hosts = Array.from({ length: units }, (_, at) => {
      const unit = join(directory, `units/${at}`);
      mkdirSync(unit, { recursive: true });
      for (const act of ['stop', 'start']) {
        writeFileSync(join(unit, act), `#!/bin/sh\necho ${act} >>acts\n`);
        chmodSync(join(unit, act), 0o755);
      }
      return `u${at} ansible_connection=local ansible_python_interpreter=/usr/bin/python3 unit=${unit}\n`;
    });
    writeFileSync(join(directory, 'hosts'), hosts.join(''));
    writeFileSync(join(directory, 'upgrade.yml'), PLAYBOOK);
  }

  /** Milliseconds that it takes to bring a bundle to all units. */
  upgrade(bundle: string, turn: number, { pipelining }: { readonly pipelining: boolean }): number {
    const variables = JSON.stringify({ bundle, turn: String(turn) });
    const words = ['-i', 'hosts', '-f', '10', '-e', variables, 'upgrade.yml'];
    return timed(['ansible-playbook', ...words], {
      cwd: this.#directory,
      env: {
        PATH: process.env.PATH,
        HOME: this.#directory,
        LC_ALL: 'C.UTF-8',
        ANSIBLE_PIPELINING: String(pipelining),
      },
    });
  }
}
