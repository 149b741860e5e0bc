import { type Location, parseLocation } from '../../state/formula/repositories/location.js';
import { EnsembleError } from '../../state/platform/errors.js';

/**
 * Whose quota a poll is counted on: that of whoever asks this host. Quotas are by credential, and git and web servers are
 * asked with the one that this machine has for the host; so what one repository is told about it holds for all others there.
 * @returns undefined for what has no quota
 */
export function credentialOf(location: string): string | undefined {
  const parsed = understood(location);
  if (parsed === undefined || parsed.kind === 'directory') return undefined;
  const url = parsed.kind === 'git' ? parsed.remote : parsed.url;
  return URL.canParse(url) ? new URL(url).host || undefined : undefined;
}

/** What is no place is asked all the same, and then says what is wrong with it. */
function understood(location: string): Location | undefined {
  try {
    return parseLocation(location);
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    return undefined;
  }
}
