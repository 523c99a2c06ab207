import type {
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { PeerIdentity } from '../../ports/identity.ts';
import type { RpcHandler } from '../../ports/rpc.ts';
import { ShoalError } from '../../pure/errors.ts';
import { asId } from '../../pure/ids.ts';
import { pathOf } from './options.ts';
import type { PeerReader } from './peer-reader.ts';
import { toStatus } from './wire-errors.ts';

type Call = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;
type UnaryHandler = Extract<RpcHandler, { kind: 'unary' }>;
type StreamHandler = Extract<RpcHandler, { kind: 'serverStream' }>;

/** What a gRPC server needs to answer with `handlers`. @param peers absent: nobody shows a certificate here. */
export function serviceOf(
  handlers: readonly RpcHandler[],
  peers: PeerReader | undefined,
): {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
} {
  const entries = handlers.map((handler) => [handler.method.name, handler] as const);
  return {
    definition: Object.fromEntries(entries.map(([name, handler]) => [name, definitionOf(handler)])),
    implementation: Object.fromEntries(
      entries.map(([name, handler]) => [
        name,
        handler.kind === 'unary' ? answer(handler, peers) : stream(handler, peers),
      ]),
    ),
  };
}

function definitionOf({ kind, method }: RpcHandler): MethodDefinition<unknown, unknown> {
  return {
    path: pathOf(method.name),
    requestStream: false,
    responseStream: kind === 'serverStream',
    requestSerialize: (value) => Buffer.from(method.encodeRequest(value)),
    requestDeserialize: (bytes) => method.decodeRequest(bytes),
    responseSerialize: (value) => Buffer.from(method.encodeResponse(value)),
    responseDeserialize: (bytes) => method.decodeResponse(bytes),
  };
}

function answer(
  handler: UnaryHandler,
  peers: PeerReader | undefined,
): handleUnaryCall<unknown, unknown> {
  return (call, respond) => {
    const { signal, end } = signalOf(call);
    const work = async (): Promise<unknown> => {
      const peer = requirePeer(handler, call, peers);
      return await handler.handle(call.request, { peer, signal });
    };
    work().then(
      (response) => {
        end();
        respond(null, response);
      },
      (error: unknown) => {
        end();
        respond(toStatus(error));
      },
    );
  };
}

function stream(
  handler: StreamHandler,
  peers: PeerReader | undefined,
): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    const { signal, end } = signalOf(call);
    call.on('error', () => undefined);
    const work = async (): Promise<void> => {
      const peer = requirePeer(handler, call, peers);
      for await (const message of handler.handle(call.request, { peer, signal })) {
        if (signal.aborted) return;
        if (!call.write(message)) await drained(call, signal);
      }
    };
    work().then(
      () => {
        end();
        call.end();
      },
      (error: unknown) => {
        end();
        call.emit('error', toStatus(error));
      },
    );
  };
}

/** Aborts when the client is gone or the deadline passed. */
function signalOf(call: Call): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController();
  const cancel = (): void => {
    controller.abort(new ShoalError('cancelled', 'the caller is gone'));
  };
  call.on('cancelled', cancel);
  if (call.cancelled) cancel();
  return {
    signal: controller.signal,
    end: () => {
      call.off('cancelled', cancel);
    },
  };
}

/** @throws ShoalError `unauthenticated`, `permissionDenied` */
function requirePeer(
  { method }: RpcHandler,
  call: Call,
  peers: PeerReader | undefined,
): PeerIdentity {
  const peer = peerOf(call, peers);
  if (method.roles.includes('anyone') || method.roles.includes(peer.role)) return peer;
  throw new ShoalError('permissionDenied', 'role may not call this method', {
    fields: { method: method.name, role: peer.role },
  });
}

function peerOf(call: Call, peers: PeerReader | undefined): PeerIdentity {
  const host = hostOf(call.getPeer());
  if (peers === undefined) return { nodeId: asId(''), clusterId: asId(''), role: 'anyone', host };
  const certificate = call.getAuthContext().sslPeerCertificate?.raw;
  const peer = certificate && peers.read(certificate, Date.now());
  if (peer === undefined)
    throw new ShoalError(
      'unauthenticated',
      'the certificate is not of a node of this cluster, or has expired',
    );
  return { ...peer, host };
}

/** Address without the port. */
function hostOf(peer: string): string {
  const host = peer.slice(0, Math.max(0, peer.lastIndexOf(':')));
  return host.replace(/^\[|\]$/g, '').replace(/^::ffff:/, '');
}

async function drained(
  call: ServerWritableStream<unknown, unknown>,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  call.once('drain', resolve);
  signal.addEventListener('abort', onAbort, { once: true });
  function onAbort(): void {
    resolve();
  }
  await promise;
  signal.removeEventListener('abort', onAbort);
  call.off('drain', resolve);
}
