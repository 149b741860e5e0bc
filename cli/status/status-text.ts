import { mapTexts } from '../../state/environments/carry-choice.js';
import { type Format, type Output, withAdvice } from '../output/output.js';
import type { StatusDocument } from '../../control/status/status-document.js';
import { statusDot } from './status-dot.js';
import { statusTable } from './status-table.js';

export type StatusFormat = Format | 'dot' | 'svg';

/**
 * The status in a format.
 * @param stream whether it is one of many: a program then gets one JSON document per line, or one YAML document after
 *   the other
 * @param registered machines that there are, of which the document may show some
 */
export async function statusText(
  document: StatusDocument,
  format: StatusFormat,
  output: Pick<Output, 'stdout' | 'carried'>,
  stream: boolean,
  registered = 0,
): Promise<string> {
  const { stdout: screen, carried } = output;
  switch (format) {
    case 'json':
      return JSON.stringify(withAdvice(output, document), null, stream ? 0 : 2);
    case 'yaml': {
      const { renderYaml } = await import('../../state/yaml/render-yaml.js');
      const text = renderYaml(withAdvice(output, document)).trimEnd();
      return stream ? `---\n${text}` : text;
    }
    case 'table':
      // The messages of units are laid out as long as they become; the table's other texts are whole lines.
      return carried(
        statusTable(
          mapTexts(document, carried) as StatusDocument,
          screen,
          stream && screen.isTerminal,
          registered,
        ).join('\n'),
      );
    case 'dot':
      return statusDot(document);
    case 'svg': {
      const { instance } = await import('@viz-js/viz');
      return (await instance()).renderString(statusDot(document), { format: 'svg' }).trimEnd();
    }
  }
}
