import { request, type ClientRequest } from 'node:http';

/** Streams of events that are opened and aborted, as dashboards and impatient people do. */
export class EventStreams implements Disposable {
  readonly #socketPath: string;
  readonly #open: ClientRequest[] = [];

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Opens `count` streams; failures of theirs are nobody's business, for daemons end. */
  open(count: number): void {
    for (let number = 0; number < count; number += 1) {
      const call = request({ socketPath: this.#socketPath, path: '/v1.41/events' }, (response) => {
        response.on('error', () => undefined);
        response.resume();
      });
      call.on('error', () => undefined);
      call.end();
      this.#open.push(call);
    }
  }

  /** Cuts the connections of `count` streams. */
  abort(count: number): void {
    for (const call of this.#open.splice(0, count)) call.destroy();
  }

  [Symbol.dispose](): void {
    this.abort(this.#open.length);
  }
}
