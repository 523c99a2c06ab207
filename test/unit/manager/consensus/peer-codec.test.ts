// Shows that a message between members comes out of its bytes as it went in, and that bytes which are cut off or changed are refused or are
// another message, but never anything else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isShoalError } from '../../../../common/pure/errors.ts';
import { fromWire, toWire } from '../../../../manager/consensus/peer-codec.ts';
import { isLocalMessage, message, type Message } from '../../../../manager/raft/message.ts';
import { decodePeerFrame, encodePeerFrame, newPeerFrame } from '../../../../proto/gen/raft.ts';
import { anyMessage } from '../../../lib/raft/any-message.ts';

const to = 3;

function encode(messages: readonly Message[]): Uint8Array {
  return encodePeerFrame(newPeerFrame({ messages: messages.flatMap((one) => toWire(one) ?? []) }));
}

function decode(bytes: Uint8Array): (Message | undefined)[] {
  return decodePeerFrame(bytes).messages.map(fromWire);
}

/** All numbers can be written. */
function isPlain(one: Message): boolean {
  const numbers = JSON.stringify(one, (_key, value: unknown) =>
    typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0) ? 'absurd' : value,
  );
  return !numbers.includes('absurd');
}

/** Of what goes to others only: a vote stands in what a member tells its own storage. */
const plainMessages = anyMessage(to)
  .filter((one) => isPlain(one) && toWire(one) !== undefined)
  .map((one) => ({ ...one, vote: 0 }));

describe('messages between members', () => {
  it('come out as they went in, in their order', () => {
    fc.assert(
      fc.property(fc.array(plainMessages, { maxLength: 5 }), (messages) => {
        expect(decode(encode(messages))).toEqual(messages);
      }),
    );
  });

  it('that are cut off are refused, or end between two fields; that are changed are refused, or others', () => {
    let refused = 0;
    fc.assert(
      fc.property(plainMessages, fc.nat(), fc.nat(255), (one, at, byte) => {
        const whole = encode([one]);
        const changed = whole.with(at % whole.length, byte);
        for (const bytes of [whole.subarray(0, at % whole.length), changed]) {
          try {
            decode(bytes);
          } catch (error) {
            if (!isShoalError(error, 'corrupt')) throw error;
            refused += 1;
          }
        }
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  it('are none where the type never leaves a member, or is not known', () => {
    expect(toWire(message({ type: 'MsgStorageAppend', to }))).toBeUndefined();
    expect(toWire(message({ type: 'MsgForgetLeader', to }))).toBeUndefined();
    const wire = toWire(message({ type: 'MsgApp', to, entries: [entry()] }));
    if (wire === undefined) throw new Error('a message has a form');
    expect(fromWire({ ...wire, type: 77 })).toBeUndefined();
    const [first] = wire.entries;
    if (first === undefined) throw new Error('the entry is there');
    expect(fromWire({ ...wire, entries: [{ ...first, type: 9 }] })).toBeUndefined();
    for (let type = 0; type < 30; type += 1) {
      const known = fromWire({ ...wire, type });
      if (known !== undefined) expect(isLocalMessage(known.type)).toBe(false);
    }
  });

  it('share no bytes with the frame that they came in', () => {
    const bytes = encode([message({ type: 'MsgApp', to, entries: [entry()] })]);
    const [received] = decode(bytes);
    bytes.fill(0);
    expect(received?.entries).toEqual([entry()]);
  });
});

function entry(): Message['entries'][number] {
  return { type: 'EntryNormal', term: 1, index: 1, data: new Uint8Array([1, 2, 3]) };
}
