import { NodeNotFound } from './errors.js';

/** Awaits `write`, for which it is as good that what it writes to is gone. @throws whatever else it throws */
export async function unlessGone(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof NodeNotFound)) throw error;
  }
}
