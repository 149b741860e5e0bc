import { AsyncLocalStorage } from 'node:async_hooks';

const carried = new AsyncLocalStorage<NodeJS.ProcessEnv>();

/**
 * The environment variables that the work under way was begun with: those of the process, unless `withVariables` began it.
 * What a command of the operator's is told by variables is asked for here and not of the process, which may be at several.
 */
export function ownVariables(): NodeJS.ProcessEnv {
  return carried.getStore() ?? process.env;
}

/** Does `work` with these variables, in all that it waits for. @returns what it does */
export function withVariables<T>(variables: NodeJS.ProcessEnv, work: () => T): T {
  return carried.run(variables, work);
}
