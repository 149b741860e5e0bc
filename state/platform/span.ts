const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** No span is longer: some 300 years. */
const LONGEST = 1e13;

/** Milliseconds of `90s`, `12h`, `14d`, `2w`, `1d12h`; undefined for anything else, for 0, and for what is beyond all time. */
export function parseSpan(text: string): number | undefined {
  if (!/^(?:\d{1,9}[smhdw])+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+)([smhdw])/g);
  const ms = [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
  return ms > 0 && ms <= LONGEST ? ms : undefined;
}
