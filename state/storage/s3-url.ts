import { StorageUrlInvalid } from './errors.js';

/** The parts of an `s3:` URL. */
export interface S3Location {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** Without it the SDK's own sources decide: AWS_REGION, the profile. */
  readonly region?: string;
  readonly endpoint?: string;
  readonly pathStyle: boolean;
  /** The URL in its plainest form. Holds no credentials, because `parseS3Url` lets none in. */
  readonly url: string;
}

const parameters = ['region', 'endpoint', 'pathStyle'];

/**
 * Reads `s3://bucket/prefix?region=eu-west-1&endpoint=http://host:port&pathStyle=true`. Everything but the bucket is
 * optional. Credentials are refused, wherever they stand, and not repeated in the message.
 * @throws StorageUrlInvalid
 */
export function parseS3Url(text: string): S3Location {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 's3:')
    throw new StorageUrlInvalid({ url: 's3:', reason: 'it cannot be read as a URL' });
  const bucket = url.hostname;
  const invalid = (reason: string): StorageUrlInvalid =>
    new StorageUrlInvalid({ url: `s3://${bucket}${url.pathname}`, reason });
  if (url.username !== '' || url.password !== '')
    throw invalid(
      'credentials do not belong there but into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile',
    );
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw invalid('a bucket has 3 to 63 lower-case letters, digits, dots and hyphens');
  if (url.port !== '') throw invalid('a port belongs into its endpoint, as in &endpoint=http://host:9000');
  if (url.hash !== '') throw invalid('it must not hold a #');
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  if (!/^([A-Za-z0-9_-][\w.-]*(\/[A-Za-z0-9_-][\w.-]*)*)?$/.test(prefix))
    throw invalid('the prefix may hold letters, digits, _ . - and single slashes');
  for (const name of url.searchParams.keys())
    if (!parameters.includes(name) || url.searchParams.getAll(name).length > 1)
      throw invalid(
        `${name} is no parameter of it, or stands there twice; there are ${parameters.join(', ')}`,
      );
  const region = url.searchParams.get('region') ?? undefined;
  if (region !== undefined && !/^[A-Za-z0-9-]+$/.test(region)) throw invalid('its region is none');
  const pathStyle = url.searchParams.get('pathStyle') ?? 'false';
  if (pathStyle !== 'true' && pathStyle !== 'false') throw invalid('pathStyle is true or false');
  const endpoint = parseEndpoint(url.searchParams.get('endpoint') ?? undefined, invalid);

  const query = [
    ...(region === undefined ? [] : [`region=${region}`]),
    ...(endpoint === undefined ? [] : [`endpoint=${endpoint}`]),
    ...(pathStyle === 'true' ? ['pathStyle=true'] : []),
  ].join('&');
  return {
    bucket,
    prefix,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    pathStyle: pathStyle === 'true',
    url: `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}${query === '' ? '' : `?${query}`}`,
  };
}

function parseEndpoint(text: string | undefined, invalid: (reason: string) => Error): string | undefined {
  if (text === undefined) return undefined;
  const endpoint = URL.canParse(text) ? new URL(text) : undefined;
  if (endpoint === undefined || !/^https?:$/.test(endpoint.protocol))
    throw invalid('its endpoint is no http:// or https:// URL');
  if (endpoint.username !== '' || endpoint.password !== '')
    throw invalid('its endpoint must not hold credentials');
  if (endpoint.search !== '' || endpoint.hash !== '') throw invalid('its endpoint must not hold a query');
  return endpoint.href.replace(/\/$/, '');
}
