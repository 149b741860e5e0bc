import { Readable } from 'node:stream';

/** The stream's bytes, its error replaced by what `translate` makes of it. Destroying it destroys `source`. */
export function translatedBody(source: Readable, translate: (error: unknown) => unknown): Readable {
  async function* bytes(): AsyncGenerator<unknown> {
    try {
      yield* source;
    } catch (error) {
      throw translate(error);
    }
  }
  // It may break before anybody reads; the loop above then finds it broken.
  source.on('error', () => undefined);
  const body = Readable.from(bytes(), { objectMode: false });
  // A generator nobody began to read has no `finally` to run, so its source is let go from here.
  body.once('close', () => source.destroy());
  return body;
}
