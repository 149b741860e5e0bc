import type { Requester } from '../../state/model/requester.js';
import type { Export } from './export-text.js';

/** What is imported. */
export interface ImportRequest {
  readonly exported: Export;
  /** The absolute path of the export, for whoever finds the import unfinished. */
  readonly file: string;
  readonly requester: Requester;
}
