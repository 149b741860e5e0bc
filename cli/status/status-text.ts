import type { Format } from '../output/output.js';
import type { Screen } from '../output/terminal.js';
import type { StatusDocument } from '../../control/status/status-document.js';
import { statusDot } from './status-dot.js';
import { statusTable } from './status-table.js';

export type StatusFormat = Format | 'dot' | 'svg';

/**
 * The status in a format.
 * @param stream whether it is one of many: a program then gets one JSON document per line, or one YAML document after
 *   the other
 */
export async function statusText(
  document: StatusDocument,
  format: StatusFormat,
  screen: Pick<Screen, 'columns' | 'hasColors' | 'isTerminal'>,
  stream: boolean,
): Promise<string> {
  switch (format) {
    case 'json':
      return JSON.stringify(document, null, stream ? 0 : 2);
    case 'yaml': {
      const text = (await import('../../state/yaml/render-yaml.js')).renderYaml(document).trimEnd();
      return stream ? `---\n${text}` : text;
    }
    case 'table':
      return statusTable(document, screen, stream && screen.isTerminal).join('\n');
    case 'dot':
      return statusDot(document);
    case 'svg': {
      const { instance } = await import('@viz-js/viz');
      return (await instance()).renderString(statusDot(document), { format: 'svg' }).trimEnd();
    }
  }
}
