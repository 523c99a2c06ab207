import type { ChannelOptions, MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { limits } from '../../../common/pure/limits.ts';
import {
  decodePeerAnswer,
  decodePeerFrame,
  decodeSnapshotFrame,
  encodePeerAnswer,
  encodePeerFrame,
  encodeSnapshotFrame,
  type PeerAnswer,
  type PeerFrame,
  type SnapshotFrame,
} from '../../../proto/gen/raft.ts';

type Streaming<Frame> = MethodDefinition<Frame, PeerAnswer>;

/** Messages of one member to another, for as long as the connection lives. */
export const messagesMethod: Streaming<PeerFrame> = {
  path: '/shoal.Raft/Messages',
  requestStream: true,
  responseStream: false,
  requestSerialize: (frame) => bufferOf(encodePeerFrame(frame)),
  requestDeserialize: (bytes) => decodePeerFrame(bytes),
  responseSerialize: (answer) => bufferOf(encodePeerAnswer(answer)),
  responseDeserialize: (bytes) => decodePeerAnswer(bytes),
};

/** One snapshot; answered once it is stored. */
export const snapshotMethod: Streaming<SnapshotFrame> = {
  path: '/shoal.Raft/Snapshot',
  requestStream: true,
  responseStream: false,
  requestSerialize: (frame) => bufferOf(encodeSnapshotFrame(frame)),
  requestDeserialize: (bytes) => decodeSnapshotFrame(bytes),
  responseSerialize: (answer) => bufferOf(encodePeerAnswer(answer)),
  responseDeserialize: (bytes) => decodePeerAnswer(bytes),
};

export const raftService: ServiceDefinition = {
  Messages: messagesMethod,
  Snapshot: snapshotMethod,
};

/** For both ends: sizes, and what notices a host that is gone without a word. */
export const raftChannelOptions: ChannelOptions = {
  'grpc.max_receive_message_length': limits.peerFrameBytesMax,
  'grpc.max_send_message_length': limits.peerFrameBytesMax,
  'grpc.keepalive_time_ms': limits.peerKeepaliveMs,
  'grpc.keepalive_timeout_ms': limits.peerKeepaliveMs,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
  'grpc-node.flow_control_window': 8_388_608,
};

/** The same bytes, as gRPC wants them. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
