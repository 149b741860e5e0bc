import { readFileSync } from 'node:fs';

/**
 * The systemd unit that runs this process, e.g. `ensemble-agent.service`, so that operators are told how to start it;
 * undefined where a person started it, or another service manager.
 */
export function serviceUnit(
  variables: NodeJS.ProcessEnv = process.env,
  pid = process.pid,
  cgroups = readOrEmpty('/proc/self/cgroup'),
): string | undefined {
  const { INVOCATION_ID: invocation, SYSTEMD_EXEC_PID: main } = variables;
  // A process that the service starts, such as a shell, has its variables too.
  if (invocation === undefined || (main !== undefined && main !== String(pid))) return undefined;
  const own = cgroups.split('\n').find((line) => line.startsWith('0::') || line.includes(':name=systemd:'));
  const path = own?.slice(own.lastIndexOf(':') + 1).split('/') ?? [];
  const unit = path.at(-1);
  // A user's own services are started otherwise.
  const isSystem = path[1] === 'system.slice';
  return isSystem && unit?.endsWith('.service') ? unit : undefined;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
