import type { Machine } from './machine-schemas.js';
import { shellWord } from '../platform/shell-word.js';

/**
 * How operators start the agent of a machine: words that follow `start it`, and lead to the right one. An agent with
 * another data directory would know nothing of the machine's units.
 * @param node undefined where the machine is not registered, or its node cannot be read
 * @param choice the options, with a space in front, by which an agent goes to the environment
 */
export function startAdvice(machine: string, node: Machine | undefined, choice: string): string {
  const command = `ensemble-agent${choice} --machine ${machine}`;
  if (node === undefined) return `with: ${command}`;
  const { hostname, owner, service } = node;
  const there = owner?.hostname ?? hostname;
  if (service !== undefined) return `on ${there}: systemctl start ${serviceName(service)}`;
  return owner === undefined
    ? `on ${there} as it was started before: by its service manager, or ${command} with its --data-dir`
    : `on ${there}: ${command} --data-dir ${shellWord(owner.dataDirectory)}`;
}

/** Says how to stop an agent that is up; words that follow `stop it`. */
export function stopAdvice({ hostname, service }: Machine): string {
  return service === undefined ? `on ${hostname}` : `on ${hostname}: systemctl stop ${serviceName(service)}`;
}

function serviceName(service: string): string {
  return service.replace(/\.service$/, '');
}
