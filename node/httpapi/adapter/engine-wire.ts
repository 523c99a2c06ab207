import * as net from 'node:net';

import { limits } from '../../../common/pure/limits.ts';
import { type AnswerHead, parseAnswerHead } from './answer-head.ts';
import { type BodyEnd, bodyEnd } from './body-end.ts';

/** A call that only reads: it has no body, and may be made twice. */
export interface WireCall {
  readonly method: string;
  /** Request line and headers, to their empty line. */
  readonly head: string;
  readonly reader: AnswerReader;
}

/** What becomes of an answer. */
export interface AnswerReader {
  /** Comes once, before any bytes. Never throws. */
  onHead(head: AnswerHead): void;
  /**
   * The next bytes as they came, chunk sizes included. They are overwritten after the return, unless it is false: then nothing more comes
   * until `resume`.
   */
  onBytes(bytes: Buffer, isLast: boolean): boolean;
  /** Comes once, instead of the last bytes, and also before the head. */
  onFailure(error: Error): void;
}

/** A call under way. */
export interface Exchange {
  /** The bytes that were held are free. */
  resume(): void;
  /** Ends the call and its connection; the reader hears no more. */
  cancel(): void;
}

/**
 * Calls to the engine that hand its answers on without taking them apart further than to know where they end. One buffer a connection is
 * read into again and again, which takes a third of the CPU of Node's HTTP client, and leaves nothing to collect.
 */
export class EngineWire {
  readonly #socketPath: string;
  /** Connections that wait for a next call; the last that came is the first that goes. */
  readonly #idle: Connection[] = [];

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Begins a call; one that finds its kept connection closed meanwhile is made again, afresh. */
  ask(call: WireCall): Exchange {
    let connection = this.#idle.pop();
    if (connection === undefined) {
      connection = this.#open();
      connection.begin(call);
    } else {
      connection.begin(call, () => {
        connection = this.#open();
        connection.begin(call);
      });
    }
    return {
      resume: () => connection?.resume(call),
      cancel: () => connection?.cancel(call),
    };
  }

  #open(): Connection {
    const connection: Connection = new Connection(this.#socketPath, {
      onIdle: () => {
        if (this.#idle.length >= limits.apiEngineIdleConnections) return false;
        this.#idle.push(connection);
        return true;
      },
      onClosed: () => {
        const index = this.#idle.indexOf(connection);
        if (index >= 0) this.#idle.splice(index, 1);
      },
    });
    return connection;
  }
}

interface ConnectionEvents {
  /** Waits for a next call; false when enough others do. */
  readonly onIdle: () => boolean;
  readonly onClosed: () => void;
}

const readBytes = 65_536;
const headEnd = '\r\n\r\n';
const nothing: Buffer = Buffer.alloc(0);

/** One connection to the engine, for one call after the other. */
class Connection {
  readonly #socket: net.Socket;
  readonly #onIdle: () => boolean;
  #call: WireCall | undefined;
  /** Set while an answer may be missing only because the engine had closed before the call came. */
  #again: (() => void) | undefined;
  #head: AnswerHead | undefined;
  #body: BodyEnd | undefined;
  /** What came of a head so far. */
  #early: Buffer = nothing;

  constructor(path: string, events: ConnectionEvents) {
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    const callback = (length: number): boolean => this.#read(buffer.subarray(0, length));
    this.#socket = net.connect({ path, onread: { buffer, callback } });
    this.#onIdle = events.onIdle;
    this.#socket.setTimeout(limits.apiEngineIdleMs);
    this.#socket.on('timeout', () => {
      if (this.#call === undefined) this.#socket.destroy();
    });
    this.#socket.on('error', (error) => {
      this.#fail(error);
    });
    this.#socket.on('end', () => {
      this.#ended();
    });
    this.#socket.on('close', () => {
      events.onClosed();
      this.#fail(new Error('the connection was closed'));
    });
  }

  /** @param again makes the call anew when the connection turns out to be closed. */
  begin(call: WireCall, again?: () => void): void {
    this.#call = call;
    this.#again = again;
    this.#head = undefined;
    this.#body = undefined;
    this.#socket.ref();
    this.#socket.write(call.head, 'latin1');
  }

  /** Does nothing for a call that is over. */
  resume(call: WireCall): void {
    if (this.#call !== call) return;
    if (this.#body?.isOver === true) this.#finish();
    this.#socket.resume();
  }

  /** Does nothing for a call that is over. */
  cancel(call: WireCall): void {
    if (this.#call !== call) return;
    this.#call = undefined;
    this.#socket.destroy();
  }

  /** False stops the reading. */
  #read(bytes: Buffer): boolean {
    const call = this.#call;
    this.#again = undefined;
    if (call === undefined || this.#body?.isOver === true) return this.#break();
    return this.#body === undefined
      ? this.#readHead(call, bytes)
      : this.#readBody(call, this.#body, bytes);
  }

  #readHead(call: WireCall, piece: Buffer): boolean {
    const bytes = this.#early.length === 0 ? piece : Buffer.concat([this.#early, piece]);
    this.#early = nothing;
    const end = bytes.indexOf(headEnd);
    if (end < 0) {
      if (bytes.length > limits.apiHeadBytes) return this.#break();
      this.#early = Buffer.from(bytes);
      return true;
    }
    const head = parseAnswerHead(bytes.toString('latin1', 0, end), call.method);
    const rest = bytes.subarray(end + headEnd.length);
    if (head === undefined || head.status === 101) return this.#break();
    // Such as 100: the answer is still to come.
    if (head.status < 200) return rest.length === 0 || this.#readHead(call, rest);
    this.#head = head;
    this.#body = bodyEnd(head.framing);
    call.reader.onHead(head);
    return this.#readBody(call, this.#body, rest);
  }

  #readBody(call: WireCall, body: BodyEnd, bytes: Buffer): boolean {
    const taken = body.take(bytes);
    if (taken === undefined) return this.#break();
    // More than was asked for: nothing that this connection says can be believed any more.
    if (taken < bytes.length) this.#head = undefined;
    const isFree = call.reader.onBytes(bytes.subarray(0, taken), body.isOver);
    if (isFree && body.isOver) this.#finish();
    return isFree && !this.#socket.destroyed;
  }

  /** The answer is handed on in full. */
  #finish(): void {
    if (this.#call === undefined) return;
    this.#call = undefined;
    const isKept = this.#head?.mayKeep === true && !this.#socket.destroyed && this.#onIdle();
    if (isKept) this.#socket.unref();
    else this.#socket.destroy();
  }

  #break(): false {
    this.#fail(new Error('its answer is not valid HTTP'));
    this.#socket.destroy();
    return false;
  }

  /** The engine has said all. */
  #ended(): void {
    const call = this.#call;
    if (call === undefined || this.#head?.framing.kind !== 'close') return;
    this.#call = undefined;
    call.reader.onBytes(nothing, true);
  }

  #fail(error: Error): void {
    const call = this.#call;
    if (call === undefined || this.#body?.isOver === true) return;
    this.#call = undefined;
    if (this.#again === undefined) call.reader.onFailure(error);
    else this.#again();
  }
}
