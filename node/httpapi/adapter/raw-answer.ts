import * as http from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers on a bare socket, and closes it. */
export function answerRaw(client: Duplex, status: number, message: string): void {
  if (client.destroyed || !client.writable) return;
  const body = JSON.stringify({ message });
  const lines = [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  client.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
