// Shows for every message of the contract that its codec is faithful, canonical and total: round trips, unknown fields,
// truncated and mutated bytes, limits. Values come from the schema itself.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isShoalError, ShoalError } from '../../../../common/pure/errors.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { decodeOp, encodeOp, newCreate } from '../../../../proto/gen/changeset.ts';
import {
  decodeTask,
  decodeTaskStatus,
  encodeTask,
  encodeTaskStatus,
  newTask,
  newTaskAddress,
  newTaskNetwork,
  newTaskStatus,
  type Task,
  TaskState,
  taskStateName,
} from '../../../../proto/gen/objects.ts';
import {
  decodeContainerSpec,
  decodeNodeSpec,
  decodePlacement,
  decodeRestartPolicy,
  decodeUpdateConfig,
  encodeContainerSpec,
  encodeNodeSpec,
  encodePlacement,
  encodeRestartPolicy,
  encodeUpdateConfig,
  newContainerSpec,
  newNodeSpec,
  newPlacement,
  newRestartPolicy,
  newUpdateConfig,
} from '../../../../proto/gen/specs.ts';
import { Writer } from '../../../../proto/gen/wire.ts';
import { codecOf, messageArbitrary, messageNames } from '../../../lib/contract.ts';

const failure = (code: string, fields?: object): unknown =>
  expect.objectContaining(fields === undefined ? { code } : { code, fields });

/** What `decode` gives; undefined for a refusal. Anything but `corrupt` is thrown on. */
function decodeOrRefuse<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    if (isShoalError(error, 'corrupt')) return undefined;
    throw error;
  }
}

/** Bytes of a field that no message has: number 1000, the text `later`. */
const laterField = ((): Uint8Array => {
  const writer = new Writer();
  writer.string(8002, 'later');
  return writer.take();
})();

describe.each(messageNames)('%s', (name) => {
  const { create, encode, decode } = codecOf(name);
  const values = messageArbitrary(name);

  test('comes back from its bytes as it was', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value);
        expect(decode(bytes)).toStrictEqual(value);
        expect(encode(decode(bytes))).toStrictEqual(bytes);
      }),
      { numRuns: 15 },
    );
  });

  test('is empty when it holds only defaults', () => {
    expect(encode(create({}))).toHaveLength(0);
    expect(decode(new Uint8Array(0))).toStrictEqual(create({}));
  });

  test('keeps fields that it does not know, also through a spread', () => {
    const value = decode(laterField);
    expect(value['unknown']).toStrictEqual(laterField);
    expect(encode({ ...value })).toStrictEqual(laterField);
    expect(encode(create(value))).toStrictEqual(laterField);
  });

  test('is refused, or a prefix of itself, when cut at any byte', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value);
        const step = Math.max(1, Math.floor(bytes.length / 200));
        for (let length = 0; length < bytes.length; length += step) {
          decodeOrRefuse(decode, bytes.subarray(0, length));
        }
      }),
      { numRuns: 3 },
    );
  });

  test('only ever fails as corrupt on mutated bytes', () => {
    const mutation = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        values,
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (value, mutations) => {
          const bytes = encode(value);
          for (const [position, byte] of mutations) bytes[position % bytes.length] = byte;
          const read = decodeOrRefuse(decode, bytes);
          if (read !== undefined) encode(read);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('only ever fails as corrupt on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodeOrRefuse(decode, bytes);
      }),
      { numRuns: 100 },
    );
  });
});

describe('unknown fields', () => {
  test('survive at every level through decode, spread and encode', () => {
    const address = { ...newTaskAddress({ address: '10.0.0.2/24' }), unknown: laterField };
    const network = { ...newTaskNetwork({ addresses: [address] }), unknown: laterField };
    const task: Task = { ...newTask({ id: 'a', network }), unknown: laterField };
    const read = decodeTask(encodeTask(task));
    const changed = { ...read, slot: 7, network: { ...newTaskNetwork(read.network), error: 'x' } };
    const again = decodeTask(encodeTask(changed));
    expect(again.unknown).toStrictEqual(laterField);
    expect(again.network?.unknown).toStrictEqual(laterField);
    expect(again.network?.addresses[0]?.unknown).toStrictEqual(laterField);
    expect(again.slot).toBe(7);
  });

  test('of every wire type are kept in order, between known fields too', () => {
    const writer = new Writer();
    writer.uint64(8000, 2 ** 53 - 1, 'x');
    writer.string(10, 'known');
    writer.double(8009, 1.5);
    writer.raw(Uint8Array.of(0xcd, 0x3e, 1, 2, 3, 4));
    const bytes = writer.take();
    const task = decodeTask(bytes);
    expect(task.id).toBe('known');
    expect(task.unknown).toHaveLength(bytes.length - 7);
    expect(encodeTask(task)).toHaveLength(bytes.length);
  });

  test('are a copy, not a view of what was decoded', () => {
    const bytes = laterField.slice();
    const task = decodeTask(bytes);
    bytes.fill(0);
    expect(task.unknown).toStrictEqual(laterField);
  });

  test('hold the member of a oneof that is not known yet', () => {
    const op = decodeOp(laterField);
    expect(op.op).toBeUndefined();
    expect(encodeOp(op)).toStrictEqual(laterField);
  });
});

describe('numbers of 64 bits', () => {
  test('are refused on encode when they are not safe, naming the field', () => {
    for (const slot of [2 ** 53, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => encodeTask(newTask({ slot }))).toThrow(
        failure('invalidArgument', { field: 'Task.slot' }),
      );
    }
    for (const delayNs of [2 ** 53, -(2 ** 53), 0.5]) {
      expect(() => encodeRestartPolicy(newRestartPolicy({ delayNs }))).toThrow(
        failure('invalidArgument', { field: 'RestartPolicy.delayNs' }),
      );
    }
  });

  test('beyond 53 bits are refused on decode, naming the field', () => {
    const beyond = Uint8Array.of(24, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
    expect(() => decodeTask(beyond)).toThrow(failure('corrupt', { path: 'Task.slot' }));
  });

  test('keep their sign and every bit up to 2^53 - 1', () => {
    for (const delayNs of [2 ** 53 - 1, 1 - 2 ** 53, -1, 0, 2 ** 32, -(2 ** 32), 2 ** 31]) {
      const policy = newRestartPolicy({ delayNs });
      expect(decodeRestartPolicy(encodeRestartPolicy(policy))).toStrictEqual(policy);
    }
  });
});

describe('numbers of 32 bits', () => {
  test('are refused when they do not fit, naming the field', () => {
    for (const pid of [-1, 2 ** 32, 0.5]) {
      expect(() => encodeTaskStatus(newTaskStatus({ pid }))).toThrow(
        failure('invalidArgument', { field: 'TaskStatus.pid' }),
      );
    }
    expect(() => encodeTaskStatus(newTaskStatus({ exitCode: 2 ** 31 }))).toThrow(
      failure('invalidArgument', { field: 'TaskStatus.exitCode' }),
    );
    const beyond = Uint8Array.of(48, 0x80, 0x80, 0x80, 0x80, 0x10);
    expect(() => decodeTaskStatus(beyond)).toThrow(failure('corrupt', { path: 'TaskStatus.pid' }));
  });
});

describe('doubles', () => {
  test('keep minus zero, and every NaN has the same bytes', () => {
    const config = newUpdateConfig({ maxFailureRatio: -0 });
    expect(decodeUpdateConfig(encodeUpdateConfig(config))).toStrictEqual(config);
    const nan = encodeUpdateConfig(newUpdateConfig({ maxFailureRatio: Number.NaN }));
    expect([...nan]).toEqual([41, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
  });
});

describe('optional fields', () => {
  test('tell zero from absent', () => {
    const zero = newRestartPolicy({ delayNs: 0 });
    expect(decodeRestartPolicy(encodeRestartPolicy(zero)).delayNs).toBe(0);
    expect(decodeRestartPolicy(encodeRestartPolicy(newRestartPolicy())).delayNs).toBeUndefined();
  });
});

describe('maps', () => {
  test('take `__proto__` and `constructor` as keys like any other', () => {
    const labels = new Map([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    const read = decodeNodeSpec(encodeNodeSpec(newNodeSpec({ labels })));
    expect([...read.labels]).toEqual([...labels]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  test('have the same bytes in whatever order they were filled', () => {
    const entries = [
      ['b', '1'],
      ['a', '2'],
      ['é', '3'],
      ['', '4'],
    ] as const;
    const bytes = encodeNodeSpec(newNodeSpec({ labels: new Map(entries) }));
    expect(encodeNodeSpec(newNodeSpec({ labels: new Map(entries.toReversed()) }))).toStrictEqual(
      bytes,
    );
  });
});

describe('enums', () => {
  test('keep numbers that this version does not know', () => {
    const bytes = Uint8Array.of(8, 0xe7, 0x07);
    const status = decodeTaskStatus(bytes);
    expect(status.state).toBe(999);
    expect(encodeTaskStatus(status)).toStrictEqual(bytes);
    expect(taskStateName(status.state)).toBe('999');
    expect(taskStateName(TaskState.running)).toBe('running');
  });
});

describe('a oneof', () => {
  test('holds the member that came last', () => {
    const first = encodeOp({ op: { kind: 'create', value: newCreate() } });
    const last = encodeOp({ op: { kind: 'delete', value: { table: 4, key: 'a' } } });
    const both = Uint8Array.from([...first, ...last]);
    expect(decodeOp(both).op).toStrictEqual({ kind: 'delete', value: { table: 4, key: 'a' } });
  });
});

describe('malformed bytes', () => {
  test.each<[string, number[], string]>([
    ['invalid UTF-8', [10, 2, 0xc0, 0xaf], 'Task.id'],
    ['a length beyond the end', [10, 5, 65], 'Task.id'],
    ['a length of 4 GiB', [10, 0xff, 0xff, 0xff, 0xff, 0x0f], 'Task.id'],
    ['a varint that does not end', [24, 0x80, 0x80], 'Task.slot'],
    ['a varint of 11 bytes', [24, ...Array.from({ length: 10 }, () => 0x80), 0], 'Task.slot'],
    ['a known field of the wrong wire type', [26, 1, 65], 'Task.#3'],
    ['a group', [0xc3, 0x3e], 'Task.#1000'],
    ['field number 0', [0, 0], 'Task'],
    ['a nested message beyond its parent', [66, 3, 10, 5, 65], 'Task.network.addresses'],
    ['a nested field beyond its message', [66, 2, 18, 1, 65], 'Task.network.error'],
  ])('%s is refused, naming the place', (name, bytes, path) => {
    const expected = name === 'a nested field beyond its message' ? 'Task.network.#2' : path;
    expect(() => decodeTask(Uint8Array.from(bytes))).toThrow(
      failure('corrupt', { path: expected }),
    );
  });

  test('too many elements are refused before they fill memory', () => {
    const constraints = Array.from({ length: limits.decodeElements }, () => '');
    const bytes = encodePlacement(newPlacement({ constraints }));
    expect(decodePlacement(bytes).constraints).toHaveLength(limits.decodeElements);
    const one = encodePlacement(newPlacement({ constraints: [''] }));
    expect(() => decodePlacement(Uint8Array.from([...bytes, ...one]))).toThrow(
      failure('corrupt', { path: 'Placement.constraints' }),
    );
  });

  test('an error of a decoder is a ShoalError', () => {
    expect(() => decodeTask(Uint8Array.of(10))).toThrow(ShoalError);
  });
});

describe('what is empty', () => {
  test('is shared by all messages, and nobody can add to it', () => {
    const [one, other] = [newContainerSpec(), decodeContainerSpec(new Uint8Array())];
    expect(one.args).toBe(other.args);
    expect(one.labels).toBe(other.labels);
    expect(() => (one.args as string[]).push('a')).toThrow(TypeError);
    expect(() => (one.labels as Map<string, string>).set('a', 'b')).toThrow(/stays empty/);
    expect([one.args, one.labels]).toEqual([[], new Map()]);
  });

  test('is left for a list and a map of its own by who has something to say', () => {
    const fields = { args: ['a', 'b'], labels: new Map([['k', 'v']]) };
    const read = decodeContainerSpec(encodeContainerSpec(newContainerSpec(fields)));
    expect(read).toMatchObject(fields);
    expect(decodeContainerSpec(new Uint8Array())).toMatchObject({ args: [], labels: new Map() });
  });
});
