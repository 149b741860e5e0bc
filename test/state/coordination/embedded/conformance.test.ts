import { openCoordinator } from '../../../../state/coordination/open.js';
import { conformance } from '../../../conformance/coordinator.js';
import { StoreDirectory } from './directory.js';

conformance('embedded', async () => {
  const directory = await StoreDirectory.make();
  return {
    url: directory.url,
    sessionTimeout: 600,
    async expire(coordinator) {
      const thief = await openCoordinator(directory.url, { session: coordinator.savedSession() });
      await thief.close();
    },
    dispose: () => directory.remove(),
  };
});
