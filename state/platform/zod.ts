import { config } from 'zod/mini';
import english from 'zod/v4/locales/en.js';

/**
 * The schemas are made of this: `zod/mini`, which builds them in half the time that zod itself takes, and every
 * command waits for it. It has no messages of its own, and some are shown.
 */
export * from 'zod/mini';

config(english());
