import { spawn } from 'node:child_process';
import { SignatureInvalid, SigningFailed } from './errors.js';
import { isSignatureOf, readSignature } from './ssh-signature.js';
import { SIGNATURE_NAMESPACE } from './statement.js';
import { WireFault } from './wire.js';

/** How something is signed. */
export interface Signing {
  /** The file of a private key, or of a public one whose private key is in ssh-agent or a FIDO device. */
  readonly key: string;
  /** Hears where the author is to do something, such as touch a device. */
  readonly say: (line: string) => void;
}

/**
 * Signs as `ssh-keygen` does, so that keys with a passphrase, in ssh-agent or in a device work as ever: it asks on the
 * terminal by itself.
 * @param what for messages
 * @returns the signature, which others can verify
 * @throws SigningFailed, SignatureInvalid where nobody would believe the key
 */
export async function signMessage(what: string, message: Buffer, { key, say }: Signing): Promise<string> {
  const text = await sshKeygen(key, message, say);
  let reason = 'it is not over what was to be signed';
  try {
    if (isSignatureOf(readSignature(text), message)) return text;
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    reason = error.message;
  }
  throw new SignatureInvalid({ what, reason });
}

function sshKeygen(key: string, message: Buffer, say: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh-keygen', ['-Y', 'sign', '-q', '-n', SIGNATURE_NAMESPACE, '-f', key], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let text = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
      const line = piece.trim();
      if (/presence|touch/i.test(line)) say(line);
    });
    // It may end before it has read anything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(message);
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new SigningFailed({
              key,
              reason: 'there is no ssh-keygen',
              next: 'apt-get install openssh-client, then the same command again',
            })
          : new SigningFailed({ key, reason: error.message }),
      ),
    );
    child.on('close', (code) => {
      if (code === 0) resolve(text);
      else reject(new SigningFailed({ key, reason: said.trim().split('\n').at(-1) || 'ssh-keygen failed' }));
    });
  });
}
