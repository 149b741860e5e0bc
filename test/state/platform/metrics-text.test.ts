import assert from 'node:assert/strict';
import { metricsText } from '../../../state/platform/metrics-text.js';

describe('metrics as text', () => {
  it('have their help, their type and their values, and no others', () => {
    const text = metricsText([
      { name: 'a_total', help: 'How\nmany \\.', type: 'counter', samples: [{ value: 3 }] },
      { name: 'empty', help: 'x', type: 'gauge', samples: [] },
      {
        name: 'b',
        help: 'x',
        type: 'gauge',
        samples: [
          { labels: { path: 'a"b\\c\nd', of: 'x' }, value: 0.5 },
          { labels: { of: 'y' }, value: Number.POSITIVE_INFINITY },
          { labels: { of: 'z' }, value: Number.NaN },
        ],
      },
    ]);
    assert.equal(
      text,
      [
        '# HELP a_total How\\nmany \\\\.',
        '# TYPE a_total counter',
        'a_total 3',
        '# HELP b x',
        '# TYPE b gauge',
        'b{path="a\\"b\\\\c\\nd",of="x"} 0.5',
        'b{of="y"} +Inf',
        'b{of="z"} NaN',
        '',
      ].join('\n'),
    );
  });
});
