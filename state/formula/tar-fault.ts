/** A fault of an archive, before it is known which bundle it is; `readBundle` makes it the error with a name. */
export class TarFault extends Error {
  constructor(
    readonly kind: 'unsafe' | 'damaged',
    readonly reason: string,
    readonly entry = '',
  ) {
    super(reason);
  }
}
