// Generated from proto/dispatcher.proto by `npm run generate`: change that, not this.
import type {
  CallOptions,
  RpcChannel,
  RpcHandler,
  RpcMethod,
  ServerCall,
} from '../../common/ports/rpc.ts';
import {
  type AcknowledgeEndpointsRequest,
  type AcknowledgeEndpointsResponse,
  type AssignmentsMessage,
  type AssignmentsRequest,
  decodeAcknowledgeEndpointsRequest,
  decodeAcknowledgeEndpointsResponse,
  decodeAssignmentsMessage,
  decodeAssignmentsRequest,
  decodeDescribeRequest,
  decodeDescribeResponse,
  decodeEndpointsMessage,
  decodeEndpointsRequest,
  decodeHeartbeatRequest,
  decodeHeartbeatResponse,
  decodeReportStatusRequest,
  decodeReportStatusResponse,
  decodeSessionMessage,
  decodeSessionRequest,
  type DescribeRequest,
  type DescribeResponse,
  encodeAcknowledgeEndpointsRequest,
  encodeAcknowledgeEndpointsResponse,
  encodeAssignmentsMessage,
  encodeAssignmentsRequest,
  encodeDescribeRequest,
  encodeDescribeResponse,
  encodeEndpointsMessage,
  encodeEndpointsRequest,
  encodeHeartbeatRequest,
  encodeHeartbeatResponse,
  encodeReportStatusRequest,
  encodeReportStatusResponse,
  encodeSessionMessage,
  encodeSessionRequest,
  type EndpointsMessage,
  type EndpointsRequest,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type ReportStatusRequest,
  type ReportStatusResponse,
  type SessionMessage,
  type SessionRequest,
} from '../gen/dispatcher.ts';

/** The methods of Dispatcher: names, roles and codecs. */
export const dispatcherMethods: {
  readonly session: RpcMethod<SessionRequest, SessionMessage>;
  readonly heartbeat: RpcMethod<HeartbeatRequest, HeartbeatResponse>;
  readonly assignments: RpcMethod<AssignmentsRequest, AssignmentsMessage>;
  readonly endpoints: RpcMethod<EndpointsRequest, EndpointsMessage>;
  readonly reportStatus: RpcMethod<ReportStatusRequest, ReportStatusResponse>;
  readonly acknowledgeEndpoints: RpcMethod<AcknowledgeEndpointsRequest, AcknowledgeEndpointsResponse>;
  readonly describe: RpcMethod<DescribeRequest, DescribeResponse>;
} = {
  session: {
    name: 'Dispatcher/session',
    kind: 'serverStream',
    roles: ['worker', 'manager'],
    encodeRequest: encodeSessionRequest,
    decodeRequest: decodeSessionRequest,
    encodeResponse: encodeSessionMessage,
    decodeResponse: decodeSessionMessage,
  },
  heartbeat: {
    name: 'Dispatcher/heartbeat',
    kind: 'unary',
    roles: ['worker', 'manager'],
    encodeRequest: encodeHeartbeatRequest,
    decodeRequest: decodeHeartbeatRequest,
    encodeResponse: encodeHeartbeatResponse,
    decodeResponse: decodeHeartbeatResponse,
  },
  assignments: {
    name: 'Dispatcher/assignments',
    kind: 'serverStream',
    roles: ['worker', 'manager'],
    encodeRequest: encodeAssignmentsRequest,
    decodeRequest: decodeAssignmentsRequest,
    encodeResponse: encodeAssignmentsMessage,
    decodeResponse: decodeAssignmentsMessage,
  },
  endpoints: {
    name: 'Dispatcher/endpoints',
    kind: 'serverStream',
    roles: ['worker', 'manager'],
    encodeRequest: encodeEndpointsRequest,
    decodeRequest: decodeEndpointsRequest,
    encodeResponse: encodeEndpointsMessage,
    decodeResponse: decodeEndpointsMessage,
  },
  reportStatus: {
    name: 'Dispatcher/reportStatus',
    kind: 'unary',
    roles: ['worker', 'manager'],
    encodeRequest: encodeReportStatusRequest,
    decodeRequest: decodeReportStatusRequest,
    encodeResponse: encodeReportStatusResponse,
    decodeResponse: decodeReportStatusResponse,
  },
  acknowledgeEndpoints: {
    name: 'Dispatcher/acknowledgeEndpoints',
    kind: 'unary',
    roles: ['worker', 'manager'],
    encodeRequest: encodeAcknowledgeEndpointsRequest,
    decodeRequest: decodeAcknowledgeEndpointsRequest,
    encodeResponse: encodeAcknowledgeEndpointsResponse,
    decodeResponse: decodeAcknowledgeEndpointsResponse,
  },
  describe: {
    name: 'Dispatcher/describe',
    kind: 'unary',
    roles: ['worker', 'manager'],
    encodeRequest: encodeDescribeRequest,
    decodeRequest: decodeDescribeRequest,
    encodeResponse: encodeDescribeResponse,
    decodeResponse: decodeDescribeResponse,
  },
};

export interface DispatcherServer {
  /** Opens a session: the hello up, then what concerns the node as a whole, for as long as the session lives. */
  session(request: SessionRequest, call: ServerCall): AsyncIterable<SessionMessage>;
  /** Tells that the node lives. Fails with `notFound` when the session is not known: open a new one. */
  heartbeat(request: HeartbeatRequest, call: ServerCall): Promise<HeartbeatResponse>;
  /** The node's tasks: first everything, then differences. */
  assignments(request: AssignmentsRequest, call: ServerCall): AsyncIterable<AssignmentsMessage>;
  /** The endpoint sets that the node serves: first everything, then differences. */
  endpoints(request: EndpointsRequest, call: ServerCall): AsyncIterable<EndpointsMessage>;
  /** Answered only after the statuses are committed. */
  reportStatus(request: ReportStatusRequest, call: ServerCall): Promise<ReportStatusResponse>;
  /** Tells that every part of the node that serves traffic has switched to this version. */
  acknowledgeEndpoints(request: AcknowledgeEndpointsRequest, call: ServerCall): Promise<AcknowledgeEndpointsResponse>;
  /** Replaces the node's description (engine gone or back, resources, labels). */
  describe(request: DescribeRequest, call: ServerCall): Promise<DescribeResponse>;
}

export interface DispatcherClient {
  /** Opens a session: the hello up, then what concerns the node as a whole, for as long as the session lives. */
  session(
    request: SessionRequest,
    options: CallOptions,
  ): AsyncIterable<SessionMessage>;
  /** Tells that the node lives. Fails with `notFound` when the session is not known: open a new one. */
  heartbeat(
    request: HeartbeatRequest,
    options: CallOptions,
  ): Promise<HeartbeatResponse>;
  /** The node's tasks: first everything, then differences. */
  assignments(
    request: AssignmentsRequest,
    options: CallOptions,
  ): AsyncIterable<AssignmentsMessage>;
  /** The endpoint sets that the node serves: first everything, then differences. */
  endpoints(
    request: EndpointsRequest,
    options: CallOptions,
  ): AsyncIterable<EndpointsMessage>;
  /** Answered only after the statuses are committed. */
  reportStatus(
    request: ReportStatusRequest,
    options: CallOptions,
  ): Promise<ReportStatusResponse>;
  /** Tells that every part of the node that serves traffic has switched to this version. */
  acknowledgeEndpoints(
    request: AcknowledgeEndpointsRequest,
    options: CallOptions,
  ): Promise<AcknowledgeEndpointsResponse>;
  /** Replaces the node's description (engine gone or back, resources, labels). */
  describe(
    request: DescribeRequest,
    options: CallOptions,
  ): Promise<DescribeResponse>;
}

/** Calls Dispatcher over `channel`. */
export function dispatcherClient(channel: RpcChannel): DispatcherClient {
  return {
    session: (request, options) =>
      channel.serverStream(dispatcherMethods.session, request, options),
    heartbeat: (request, options) =>
      channel.unary(dispatcherMethods.heartbeat, request, options),
    assignments: (request, options) =>
      channel.serverStream(dispatcherMethods.assignments, request, options),
    endpoints: (request, options) =>
      channel.serverStream(dispatcherMethods.endpoints, request, options),
    reportStatus: (request, options) =>
      channel.unary(dispatcherMethods.reportStatus, request, options),
    acknowledgeEndpoints: (request, options) =>
      channel.unary(dispatcherMethods.acknowledgeEndpoints, request, options),
    describe: (request, options) =>
      channel.unary(dispatcherMethods.describe, request, options),
  };
}

/** What a server registers to answer Dispatcher with `server`. */
export function dispatcherHandlers(
  server: DispatcherServer,
): readonly RpcHandler[] {
  return [
    {
      kind: 'serverStream',
      method: dispatcherMethods.session,
      handle: (request, call) =>
        server.session(request as SessionRequest, call),
    },
    {
      kind: 'unary',
      method: dispatcherMethods.heartbeat,
      handle: (request, call) =>
        server.heartbeat(request as HeartbeatRequest, call),
    },
    {
      kind: 'serverStream',
      method: dispatcherMethods.assignments,
      handle: (request, call) =>
        server.assignments(request as AssignmentsRequest, call),
    },
    {
      kind: 'serverStream',
      method: dispatcherMethods.endpoints,
      handle: (request, call) =>
        server.endpoints(request as EndpointsRequest, call),
    },
    {
      kind: 'unary',
      method: dispatcherMethods.reportStatus,
      handle: (request, call) =>
        server.reportStatus(request as ReportStatusRequest, call),
    },
    {
      kind: 'unary',
      method: dispatcherMethods.acknowledgeEndpoints,
      handle: (request, call) =>
        server.acknowledgeEndpoints(request as AcknowledgeEndpointsRequest, call),
    },
    {
      kind: 'unary',
      method: dispatcherMethods.describe,
      handle: (request, call) =>
        server.describe(request as DescribeRequest, call),
    },
  ];
}
