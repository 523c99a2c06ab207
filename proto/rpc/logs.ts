// Generated from proto/logs.proto by `npm run generate`: change that, not this.
import type {
  CallOptions,
  RpcChannel,
  RpcHandler,
  RpcMethod,
  ServerCall,
} from '../../common/ports/rpc.ts';
import {
  decodeListenLogsRequest,
  decodeLogOrder,
  decodePublishLogsRequest,
  decodePublishLogsResponse,
  encodeListenLogsRequest,
  encodeLogOrder,
  encodePublishLogsRequest,
  encodePublishLogsResponse,
  type ListenLogsRequest,
  type LogOrder,
  type PublishLogsRequest,
  type PublishLogsResponse,
} from '../gen/logs.ts';

/** The methods of LogBroker: names, roles and codecs. */
export const logBrokerMethods: {
  readonly listenLogs: RpcMethod<ListenLogsRequest, LogOrder>;
  readonly publishLogs: RpcMethod<PublishLogsRequest, PublishLogsResponse>;
} = {
  listenLogs: {
    name: 'LogBroker/listenLogs',
    kind: 'serverStream',
    roles: ['worker', 'manager'],
    encodeRequest: encodeListenLogsRequest,
    decodeRequest: decodeListenLogsRequest,
    encodeResponse: encodeLogOrder,
    decodeResponse: decodeLogOrder,
  },
  publishLogs: {
    name: 'LogBroker/publishLogs',
    kind: 'unary',
    roles: ['worker', 'manager'],
    encodeRequest: encodePublishLogsRequest,
    decodeRequest: decodePublishLogsRequest,
    encodeResponse: encodePublishLogsResponse,
    decodeResponse: decodePublishLogsResponse,
  },
};

export interface LogBrokerServer {
  /**
   * What the node is to read: first everything, then differences, for as long as the session lives. All reading stops with the stream.
   * Fails with `notFound` when the session is not known.
   */
  listenLogs(request: ListenLogsRequest, call: ServerCall): AsyncIterable<LogOrder>;
  /** The next lines of one log, in order. The answer says whether they were taken. */
  publishLogs(request: PublishLogsRequest, call: ServerCall): Promise<PublishLogsResponse>;
}

export interface LogBrokerClient {
  /**
   * What the node is to read: first everything, then differences, for as long as the session lives. All reading stops with the stream.
   * Fails with `notFound` when the session is not known.
   */
  listenLogs(
    request: ListenLogsRequest,
    options: CallOptions,
  ): AsyncIterable<LogOrder>;
  /** The next lines of one log, in order. The answer says whether they were taken. */
  publishLogs(
    request: PublishLogsRequest,
    options: CallOptions,
  ): Promise<PublishLogsResponse>;
}

/** Calls LogBroker over `channel`. */
export function logBrokerClient(channel: RpcChannel): LogBrokerClient {
  return {
    listenLogs: (request, options) =>
      channel.serverStream(logBrokerMethods.listenLogs, request, options),
    publishLogs: (request, options) =>
      channel.unary(logBrokerMethods.publishLogs, request, options),
  };
}

/** What a server registers to answer LogBroker with `server`. */
export function logBrokerHandlers(
  server: LogBrokerServer,
): readonly RpcHandler[] {
  return [
    {
      kind: 'serverStream',
      method: logBrokerMethods.listenLogs,
      handle: (request, call) =>
        server.listenLogs(request as ListenLogsRequest, call),
    },
    {
      kind: 'unary',
      method: logBrokerMethods.publishLogs,
      handle: (request, call) =>
        server.publishLogs(request as PublishLogsRequest, call),
    },
  ];
}
