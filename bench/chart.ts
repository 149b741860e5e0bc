/** How costs grow; a picture of its own. */
export interface Chart {
  /** Its file's name. */
  readonly name: string;
  readonly title: string;
  /** The unit along the bottom, e.g. `units`. */
  readonly across: string;
  /** In what the costs are, e.g. `s`. */
  readonly unit: string;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly name: string;
  /** Each how many, and what that costs; ascending. */
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 640;
const HEIGHT = 360;
const PLOT = { left: 70, right: 470, top: 50, bottom: 300 };
const COLOURS = ['#2563eb', '#dc2626', '#059669', '#9333ea', '#d97706'];

/** Lines over linear axes from zero, as SVG that reads on a light and on a dark page. */
export function chartSvg({ title, across, unit, lines }: Chart): string {
  const points = lines.flatMap((line) => line.points);
  const mostAcross = Math.max(...points.map(([count]) => count));
  const most = Math.max(...points.map(([, cost]) => cost));
  const ticks = ticksTo(most);
  const top = ticks.at(-1) ?? 1;
  const x = (count: number): number => PLOT.left + ((PLOT.right - PLOT.left) * count) / mostAcross;
  const y = (cost: number): number => PLOT.bottom - ((PLOT.bottom - PLOT.top) * cost) / top;
  const counts = [...new Set(points.map(([count]) => count))].sort((a, b) => a - b);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(`${title}, ${unit}`)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 28, `${title}, ${unit}`, 'font-size="15"'),
    ...ticks.map(
      (cost) =>
        `<path d="M${PLOT.left} ${at(y(cost))}H${PLOT.right}" stroke="#ddd"/>` +
        text(PLOT.left - 8, y(cost) + 4, String(cost), 'text-anchor="end"'),
    ),
    ...apart(counts, (count) => x(count), 34).map((count) =>
      text(x(count), PLOT.bottom + 18, String(count), 'text-anchor="middle"'),
    ),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, across, 'text-anchor="middle"'),
    ...lines.flatMap(({ name, points: along }, index) => {
      const colour = COLOURS[index % COLOURS.length] ?? '#000';
      const places = along.map(([count, cost]) => [at(x(count)), at(y(cost))] as const);
      return [
        `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`),
        text(PLOT.right + 12, PLOT.top + 18 * index + 12, name, `fill="${colour}"`),
      ];
    }),
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, words: string, attributes: string): string {
  return `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const at = (place: number): number => Math.round(place * 10) / 10;

/** From 0 to at least `most`, in four to eight steps of 1, 2 or 5 times a power of ten. */
function ticksTo(most: number): readonly number[] {
  const rough = (most > 0 ? most : 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const steps = Math.ceil((most > 0 ? most : 1) / step);
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

/** Those that have room for their label, the last one among them. */
function apart(counts: readonly number[], place: (count: number) => number, room: number): readonly number[] {
  const kept: number[] = [];
  for (const count of counts.toReversed()) {
    const next = kept.at(-1);
    if (next === undefined || place(next) - place(count) >= room) kept.push(count);
  }
  return kept;
}
