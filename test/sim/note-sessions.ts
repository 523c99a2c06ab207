import type { CallOptions, RpcChannel, RpcMethod } from '../../common/ports/rpc.ts';
import { dispatcherMethods } from '../../proto/rpc/dispatcher.ts';

/** `channel`, with `note` told of the session that each message of a session names. */
export function noteSessions(channel: RpcChannel, note: (sessionId: string) => void): RpcChannel {
  return {
    unary: (method, request, options) => channel.unary(method, request, options),
    serverStream: <Request, Response>(
      method: RpcMethod<Request, Response>,
      request: Request,
      options: CallOptions,
    ): AsyncIterable<Response> => {
      const messages = channel.serverStream(method, request, options);
      if (method.name !== dispatcherMethods.session.name) return messages;
      return noting(messages, (message) => {
        note((message as { readonly sessionId: string }).sessionId);
      });
    },
  };
}

async function* noting<Item>(
  items: AsyncIterable<Item>,
  note: (item: Item) => void,
): AsyncGenerator<Item, void> {
  for await (const item of items) {
    note(item);
    yield item;
  }
}
