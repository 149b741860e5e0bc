import type { Transcript } from './transcript.js';

const TIMEOUT = 5_000;

/** Asks a guestbook over HTTP and shows what it answers, as curl would. */
export async function readGuestbook(transcript: Transcript, port: number): Promise<string> {
  const url = `http://127.0.0.1:${port}/`;
  transcript.prompt(`curl ${url}`);
  const answer = await answerOf(url);
  transcript.show(answer);
  return answer;
}

/** Signs a guestbook over HTTP. */
export async function signGuestbook(
  transcript: Transcript,
  port: number,
  name: string,
  message: string,
): Promise<void> {
  const url = `http://127.0.0.1:${port}/`;
  transcript.prompt(`curl -d name=${name} -d message='${message}' ${url}`);
  transcript.show(await answerOf(url, new URLSearchParams({ name, message })));
}

async function answerOf(url: string, form?: URLSearchParams): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT);
  const response = await fetch(url, form === undefined ? { signal } : { method: 'POST', body: form, signal });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.text();
}
