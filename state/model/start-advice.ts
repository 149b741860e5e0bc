import type { Machine } from './schemas.js';

/**
 * How operators start the agent of a machine, in words that lead to the right one: an agent with another data directory
 * would know nothing of the machine's units.
 * @param node undefined where the machine is not registered
 * @param choice the options, with a space in front, by which an agent goes to the environment
 */
export function startAdvice(machine: string, node: Machine | undefined, choice: string): string {
  if (node === undefined) return `ensemble-agent${choice} --machine ${machine}`;
  const { hostname, owner, service } = node;
  const there = owner?.hostname ?? hostname;
  if (service !== undefined) return `on ${there}: systemctl start ${service.replace(/\.service$/, '')}`;
  const command = `ensemble-agent${choice} --machine ${machine}`;
  return owner === undefined
    ? `on ${there}: ${command}, with the --data-dir that it had, or by its service manager`
    : `on ${there}: ${command} --data-dir ${owner.dataDirectory}`;
}
