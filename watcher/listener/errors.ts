import { defineError } from '../../state/platform/errors.js';

/** The address that `listen` names is not to be had. */
export class ListenerFailed extends defineError<{ address: string; reason: string }>(
  'listener-failed',
  ({ address, reason }) => `${address} cannot be listened at: ${reason}`,
  'choose another address for `listen` in the section `watcher` of environments.yaml',
) {}
