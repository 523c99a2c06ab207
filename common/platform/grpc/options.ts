import type { ChannelOptions } from '@grpc/grpc-js';
import { limits } from '../../pure/limits.ts';

/** For both ends. */
const commonOptions: ChannelOptions = {
  'grpc.max_receive_message_length': limits.rpcMessageBytes,
  'grpc.max_send_message_length': limits.rpcMessageBytes,
  'grpc.keepalive_permit_without_calls': 1,
};

/** For whoever calls; silence is noticed soon, since it may be the only way to notice that a host is gone. */
export const callerOptions: ChannelOptions = {
  ...commonOptions,
  'grpc.keepalive_time_ms': limits.rpcKeepAliveMs,
  'grpc.keepalive_timeout_ms': limits.rpcKeepAliveAnswerMs,
  'grpc.initial_reconnect_backoff_ms': limits.rpcRedialMs,
  'grpc.max_reconnect_backoff_ms': limits.rpcRedialMsMax,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
};

/** For a server of nodes that show their certificate. */
export const serverOptions: ChannelOptions = {
  ...commonOptions,
  'grpc.keepalive_time_ms': limits.rpcServerKeepAliveMs,
  'grpc.keepalive_timeout_ms': limits.rpcServerKeepAliveAnswerMs,
  'grpc.max_concurrent_streams': limits.rpcCallsPerConnection,
  'grpc-node.max_session_memory': limits.rpcSessionMegabytes,
};

/** For a server of whoever comes. */
export const joiningOptions: ChannelOptions = {
  ...serverOptions,
  'grpc.max_concurrent_streams': limits.rpcJoiningCalls,
  'grpc-node.max_session_memory': limits.rpcJoiningSessionMegabytes,
};

/** Path of a method; `name` is `Service/method`. */
export function pathOf(name: string): string {
  return `/shoal.${name}`;
}
