import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { exportText, parseExport } from '../../../control/export/export-text.js';

const nodes = new Map([
  ['/layout', '{"level":1,"sublevel":0,"minReader":1,"environment":"e"}'],
  ['/services', '{}'],
  ['/services/f', '{"formula":"world:f-1","note":"line\\nof \\u2028 two"}'],
]);
const whole = exportText({ exportedAt: '2026-01-01T00:00:00.000Z', by: 'ann@desk', nodes });

/** The same lines with an end that fits them. */
function sealed(lines: readonly string[]): string {
  const body = lines.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}${JSON.stringify({ nodes: lines.length - 1, sha256 })}\n`;
}

const [head = ''] = whole.split('\n');
const layout = JSON.stringify(['/layout', nodes.get('/layout')]);

/** What is no export, and what is said of it. */
const refused: readonly (readonly [what: string, text: string, reason: RegExp])[] = [
  ['an empty file', '', /does not begin as one does/],
  ['another JSON', '{}\n', /does not begin as one does/],
  ['one of a later format', sealed([head.replace('"format":1', '"format":2'), layout]), /is of format 2/],
  ['one without its last line', whole.slice(0, whole.lastIndexOf('{')), /its end is missing/],
  ['one that lacks its last character', whole.slice(0, -1), /its end is missing/],
  ['one that was cut in the middle', whole.slice(0, 200), /its end is missing/],
  ['one of which a value was changed', whole.replace('f-1', 'f-2'), /not what its last line says/],
  ['one of which a line is gone', whole.replace(/\["\/services\/f.*\n/, ''), /not what its last line says/],
  ['one with a line that is no node', sealed([head, layout, '{}']), /line 3 is no node/],
  ['one with a node twice', sealed([head, layout, layout]), /line 3 is no node/],
  ['one with a node of a foreign root', sealed([head, layout, '["/other","{}"]']), /line 3 is no node/],
  ['one with a child before its parent', sealed([head, layout, '["/units/f-0","{}"]']), /line 3 is no node/],
  ['one with a path that climbs', sealed([head, layout, '["/units","{}"]', '["/units/..","{}"]']), /line 4/],
  [
    'one with a path that ends in a slash',
    sealed([head, layout, '["/units","{}"]', '["/units/","{}"]']),
    /line 4/,
  ],
  ['one without a layout', sealed([head, '["/units","{}"]']), /has no \/layout/],
];

describe('the text of an export', () => {
  it('is read as it was written', () => {
    assert.deepEqual(parseExport(whole, 'file'), {
      exportedAt: '2026-01-01T00:00:00.000Z',
      by: 'ann@desk',
      sha256: JSON.parse(whole.trimEnd().split('\n').at(-1) ?? '').sha256,
      layout: { level: 1, sublevel: 0, minReader: 1, environment: 'e' },
      nodes,
    });
    assert.equal(whole.split('\n').length, nodes.size + 3, 'a line for each node');
  });

  for (const [what, text, reason] of refused)
    it(`is told from ${what}`, () => {
      assert.throws(
        () => parseExport(text, 'backup'),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'export-invalid');
          assert.match(error.message, /^backup is no whole export: /);
          assert.match(error.message, reason);
          return true;
        },
      );
    });
});
