import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { FakeEngine } from './fake-engine.ts';
import { handleFakeHttp } from './http.ts';

export interface FakeDockerd extends AsyncDisposable {
  readonly socketPath: string;
  close(): Promise<void>;
}

/** Puts `engine` behind a unix socket as a `dockerd`, for real clients. An engine that is down drops every connection. */
export async function serveFakeEngine(
  engine: FakeEngine,
  socketPath: string,
): Promise<FakeDockerd> {
  const server = createServer((request, response) => {
    answer(engine, request, response).catch(() => {
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    server.closeAllConnections();
    await closed;
  };
  return { socketPath, close, [Symbol.asyncDispose]: close };
}

async function answer(
  engine: FakeEngine,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort(new Error('the client has gone'));
  });
  const answered = await handleFakeHttp(
    engine,
    {
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: plainHeaders(request),
      body: await readBody(request),
    },
    gone.signal,
  );
  response.writeHead(answered.status, answered.headers);
  if (typeof answered.body === 'string') {
    response.end(answered.body);
    return;
  }
  response.flushHeaders();
  for await (const line of answered.body) response.write(line);
  response.end();
}

async function readBody(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8');
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function plainHeaders(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
