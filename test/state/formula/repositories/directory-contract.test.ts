import { rm } from 'node:fs/promises';
import { Workshop } from '../workshop.js';
import { repositoryContract } from './contract.js';

describe('a repository that is a directory', () => {
  repositoryContract(new Workshop(), async (directory) => ({
    location: directory,
    publish: async () => undefined,
    vanish: () => rm(directory, { recursive: true }),
  }));
});
