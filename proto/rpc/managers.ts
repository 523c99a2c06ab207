// Generated from proto/managers.proto by `npm run generate`: change that, not this.
import type {
  CallOptions,
  RpcChannel,
  RpcHandler,
  RpcMethod,
  ServerCall,
} from '../../common/ports/rpc.ts';
import {
  decodeStateCheck,
  encodeStateCheck,
  type StateCheck,
} from '../gen/changeset.ts';
import {
  type CompareRequest,
  decodeCompareRequest,
  decodeJoinRequest,
  decodeJoinResponse,
  decodeLogBatch,
  decodeObservation,
  decodeObserveRequest,
  decodeOrderLogsRequest,
  decodeOrderLogsResponse,
  decodeReadLogsRequest,
  decodeRenewRequest,
  decodeRootRequest,
  decodeRootResponse,
  decodeSubmitRequest,
  decodeSubmitResponse,
  encodeCompareRequest,
  encodeJoinRequest,
  encodeJoinResponse,
  encodeLogBatch,
  encodeObservation,
  encodeObserveRequest,
  encodeOrderLogsRequest,
  encodeOrderLogsResponse,
  encodeReadLogsRequest,
  encodeRenewRequest,
  encodeRootRequest,
  encodeRootResponse,
  encodeSubmitRequest,
  encodeSubmitResponse,
  type JoinRequest,
  type JoinResponse,
  type LogBatch,
  type Observation,
  type ObserveRequest,
  type OrderLogsRequest,
  type OrderLogsResponse,
  type ReadLogsRequest,
  type RenewRequest,
  type RootRequest,
  type RootResponse,
  type SubmitRequest,
  type SubmitResponse,
} from '../gen/managers.ts';

/** The methods of Joining: names, roles and codecs. */
export const joiningMethods: {
  readonly root: RpcMethod<RootRequest, RootResponse>;
  readonly join: RpcMethod<JoinRequest, JoinResponse>;
} = {
  root: {
    name: 'Joining/root',
    kind: 'unary',
    roles: ['anyone'],
    encodeRequest: encodeRootRequest,
    decodeRequest: decodeRootRequest,
    encodeResponse: encodeRootResponse,
    decodeResponse: decodeRootResponse,
  },
  join: {
    name: 'Joining/join',
    kind: 'unary',
    roles: ['anyone'],
    encodeRequest: encodeJoinRequest,
    decodeRequest: decodeJoinRequest,
    encodeResponse: encodeJoinResponse,
    decodeResponse: decodeJoinResponse,
  },
};

/** Served to whoever connects: the only way in for a node that has no certificate yet. */
export interface JoiningServer {
  /** The root that the cluster trusts: the caller checks it against the digest in its join token before it says anything else. */
  root(request: RootRequest, call: ServerCall): Promise<RootResponse>;
  /**
   * Takes a node in, and signs its key. Again with the same key: the same node. Fails with `unauthenticated` when the token is wrong,
   * `invalidArgument {field}` for a bad key or address, and as a change of the cluster does.
   */
  join(request: JoinRequest, call: ServerCall): Promise<JoinResponse>;
}

/** Served to whoever connects: the only way in for a node that has no certificate yet. */
export interface JoiningClient {
  /** The root that the cluster trusts: the caller checks it against the digest in its join token before it says anything else. */
  root(
    request: RootRequest,
    options: CallOptions,
  ): Promise<RootResponse>;
  /**
   * Takes a node in, and signs its key. Again with the same key: the same node. Fails with `unauthenticated` when the token is wrong,
   * `invalidArgument {field}` for a bad key or address, and as a change of the cluster does.
   */
  join(
    request: JoinRequest,
    options: CallOptions,
  ): Promise<JoinResponse>;
}

/** Calls Joining over `channel`. */
export function joiningClient(channel: RpcChannel): JoiningClient {
  return {
    root: (request, options) =>
      channel.unary(joiningMethods.root, request, options),
    join: (request, options) =>
      channel.unary(joiningMethods.join, request, options),
  };
}

/** What a server registers to answer Joining with `server`. */
export function joiningHandlers(
  server: JoiningServer,
): readonly RpcHandler[] {
  return [
    {
      kind: 'unary',
      method: joiningMethods.root,
      handle: (request, call) =>
        server.root(request as RootRequest, call),
    },
    {
      kind: 'unary',
      method: joiningMethods.join,
      handle: (request, call) =>
        server.join(request as JoinRequest, call),
    },
  ];
}

/** The methods of Managers: names, roles and codecs. */
export const managersMethods: {
  readonly submit: RpcMethod<SubmitRequest, SubmitResponse>;
  readonly observe: RpcMethod<ObserveRequest, Observation>;
  readonly compare: RpcMethod<CompareRequest, StateCheck>;
  readonly readLogs: RpcMethod<ReadLogsRequest, LogBatch>;
  readonly orderLogs: RpcMethod<OrderLogsRequest, OrderLogsResponse>;
} = {
  submit: {
    name: 'Managers/submit',
    kind: 'unary',
    roles: ['manager'],
    encodeRequest: encodeSubmitRequest,
    decodeRequest: decodeSubmitRequest,
    encodeResponse: encodeSubmitResponse,
    decodeResponse: decodeSubmitResponse,
  },
  observe: {
    name: 'Managers/observe',
    kind: 'serverStream',
    roles: ['manager'],
    encodeRequest: encodeObserveRequest,
    decodeRequest: decodeObserveRequest,
    encodeResponse: encodeObservation,
    decodeResponse: decodeObservation,
  },
  compare: {
    name: 'Managers/compare',
    kind: 'serverStream',
    roles: ['manager'],
    encodeRequest: encodeCompareRequest,
    decodeRequest: decodeCompareRequest,
    encodeResponse: encodeStateCheck,
    decodeResponse: decodeStateCheck,
  },
  readLogs: {
    name: 'Managers/readLogs',
    kind: 'serverStream',
    roles: ['manager'],
    encodeRequest: encodeReadLogsRequest,
    decodeRequest: decodeReadLogsRequest,
    encodeResponse: encodeLogBatch,
    decodeResponse: decodeLogBatch,
  },
  orderLogs: {
    name: 'Managers/orderLogs',
    kind: 'unary',
    roles: ['manager'],
    encodeRequest: encodeOrderLogsRequest,
    decodeRequest: decodeOrderLogsRequest,
    encodeResponse: encodeOrderLogsResponse,
    decodeResponse: decodeOrderLogsResponse,
  },
};

/** Managers among themselves. */
export interface ManagersServer {
  /** Proposes sets on behalf of a manager that follows. One hop: who does not lead drops them. */
  submit(request: SubmitRequest, call: ServerCall): Promise<SubmitResponse>;
  /** What the nodes that have sessions here say: first all of them, then what changes. */
  observe(request: ObserveRequest, call: ServerCall): AsyncIterable<Observation>;
  /** What the log has made of this manager: at each check in the log the sums that it had, beginning with the last few. */
  compare(request: CompareRequest, call: ServerCall): AsyncIterable<StateCheck>;
  /**
   * Logs of nodes that listen here, for one reader that the caller has: what is ordered under the name that comes first. All that was
   * ordered stops with the stream. Fails with `tooBusy`.
   */
  readLogs(request: ReadLogsRequest, call: ServerCall): AsyncIterable<LogBatch>;
  /** What such a reader is to have, and no longer. Fails with `notFound` when its stream is over. One hop: only nodes that listen here hear it. */
  orderLogs(request: OrderLogsRequest, call: ServerCall): Promise<OrderLogsResponse>;
}

/** Managers among themselves. */
export interface ManagersClient {
  /** Proposes sets on behalf of a manager that follows. One hop: who does not lead drops them. */
  submit(
    request: SubmitRequest,
    options: CallOptions,
  ): Promise<SubmitResponse>;
  /** What the nodes that have sessions here say: first all of them, then what changes. */
  observe(
    request: ObserveRequest,
    options: CallOptions,
  ): AsyncIterable<Observation>;
  /** What the log has made of this manager: at each check in the log the sums that it had, beginning with the last few. */
  compare(
    request: CompareRequest,
    options: CallOptions,
  ): AsyncIterable<StateCheck>;
  /**
   * Logs of nodes that listen here, for one reader that the caller has: what is ordered under the name that comes first. All that was
   * ordered stops with the stream. Fails with `tooBusy`.
   */
  readLogs(
    request: ReadLogsRequest,
    options: CallOptions,
  ): AsyncIterable<LogBatch>;
  /** What such a reader is to have, and no longer. Fails with `notFound` when its stream is over. One hop: only nodes that listen here hear it. */
  orderLogs(
    request: OrderLogsRequest,
    options: CallOptions,
  ): Promise<OrderLogsResponse>;
}

/** Calls Managers over `channel`. */
export function managersClient(channel: RpcChannel): ManagersClient {
  return {
    submit: (request, options) =>
      channel.unary(managersMethods.submit, request, options),
    observe: (request, options) =>
      channel.serverStream(managersMethods.observe, request, options),
    compare: (request, options) =>
      channel.serverStream(managersMethods.compare, request, options),
    readLogs: (request, options) =>
      channel.serverStream(managersMethods.readLogs, request, options),
    orderLogs: (request, options) =>
      channel.unary(managersMethods.orderLogs, request, options),
  };
}

/** What a server registers to answer Managers with `server`. */
export function managersHandlers(
  server: ManagersServer,
): readonly RpcHandler[] {
  return [
    {
      kind: 'unary',
      method: managersMethods.submit,
      handle: (request, call) =>
        server.submit(request as SubmitRequest, call),
    },
    {
      kind: 'serverStream',
      method: managersMethods.observe,
      handle: (request, call) =>
        server.observe(request as ObserveRequest, call),
    },
    {
      kind: 'serverStream',
      method: managersMethods.compare,
      handle: (request, call) =>
        server.compare(request as CompareRequest, call),
    },
    {
      kind: 'serverStream',
      method: managersMethods.readLogs,
      handle: (request, call) =>
        server.readLogs(request as ReadLogsRequest, call),
    },
    {
      kind: 'unary',
      method: managersMethods.orderLogs,
      handle: (request, call) =>
        server.orderLogs(request as OrderLogsRequest, call),
    },
  ];
}

/** The methods of Certificates: names, roles and codecs. */
export const certificatesMethods: {
  readonly renew: RpcMethod<RenewRequest, JoinResponse>;
} = {
  renew: {
    name: 'Certificates/renew',
    kind: 'unary',
    roles: ['worker', 'manager'],
    encodeRequest: encodeRenewRequest,
    decodeRequest: decodeRenewRequest,
    encodeResponse: encodeJoinResponse,
    decodeResponse: decodeJoinResponse,
  },
};

/** Renews what a node that belongs to the cluster proves itself with. */
export interface CertificatesServer {
  /** Signs the caller's key for the role that the cluster gives the caller now. Fails as `Joining.Join`. */
  renew(request: RenewRequest, call: ServerCall): Promise<JoinResponse>;
}

/** Renews what a node that belongs to the cluster proves itself with. */
export interface CertificatesClient {
  /** Signs the caller's key for the role that the cluster gives the caller now. Fails as `Joining.Join`. */
  renew(
    request: RenewRequest,
    options: CallOptions,
  ): Promise<JoinResponse>;
}

/** Calls Certificates over `channel`. */
export function certificatesClient(channel: RpcChannel): CertificatesClient {
  return {
    renew: (request, options) =>
      channel.unary(certificatesMethods.renew, request, options),
  };
}

/** What a server registers to answer Certificates with `server`. */
export function certificatesHandlers(
  server: CertificatesServer,
): readonly RpcHandler[] {
  return [
    {
      kind: 'unary',
      method: certificatesMethods.renew,
      handle: (request, call) =>
        server.renew(request as RenewRequest, call),
    },
  ];
}
