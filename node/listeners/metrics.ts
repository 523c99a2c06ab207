import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

import { collectDefaultMetrics, type Registry } from 'prom-client';

import { ShoalError } from '../../common/pure/errors.ts';
import { PrometheusMetrics } from './prometheus.ts';

/** A number that is read when it is asked for. */
export interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

/** Serves `/metrics` for Prometheus, in plain text, on one TCP address. */
export class MetricsListener implements AsyncDisposable {
  readonly #server: http.Server;
  readonly #registry: Registry;

  constructor(
    sources: readonly MetricSource[],
    metrics: PrometheusMetrics = new PrometheusMetrics(),
  ) {
    this.#registry = metrics.registry;
    collectDefaultMetrics({ register: this.#registry });
    for (const { name, help, read } of sources) metrics.gauge({ name, help }, read);
    this.#server = http.createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  /**
   * Answers the port that was bound.
   * @throws ShoalError `unavailable` when the address cannot be bound
   */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(
          new ShoalError(
            'unavailable',
            `--metrics-addr ${host}:${port} cannot be bound: ${cause.message}`,
            { cause },
          ),
        );
      });
      this.#server.listen(port, host, () => {
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const text = await this.#registry.metrics();
    response.writeHead(200, { 'content-type': this.#registry.contentType }).end(text);
  }
}
