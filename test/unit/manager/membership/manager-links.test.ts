// The ways to other managers: opened once each, closed when they lead nowhere any more, and none left behind.
import { beforeEach, expect, test } from 'vitest';
import type { RpcDialer } from '../../../../common/ports/rpc.ts';
import { isShoalError, ShoalError } from '../../../../common/pure/errors.ts';
import { leaderLink } from '../../../../manager/membership/leader-link.ts';
import { ManagerLinks } from '../../../../manager/membership/manager-links.ts';
import { newManagerAddress, type ManagerAddress } from '../../../../proto/gen/dispatcher.ts';

let open: string[];
let opened: string[];
let links: ManagerLinks;
/** What goes wrong when a channel is closed. */
let failure: Error | undefined;
/** What becomes of a call. */
let refusal: Error;

const dialer: RpcDialer = {
  dial: ({ nodeId, address }) => {
    const name = `${nodeId} ${address}`;
    open.push(name);
    return {
      unary: () => Promise.reject(refusal),
      serverStream: () => {
        throw new Error('nobody answers here');
      },
      [Symbol.asyncDispose]: () => {
        open.splice(open.indexOf(name), 1);
        return failure === undefined ? Promise.resolve() : Promise.reject(failure);
      },
    };
  },
};

beforeEach(() => {
  [open, opened, failure] = [[], [], undefined];
  refusal = new Error('nobody answers here');
  links = new ManagerLinks(dialer, {
    selfNodeId: 'self',
    opened: ({ nodeId }) => {
      opened.push(nodeId);
    },
  });
});

function manager(nodeId: string, raftId: number, address = `${nodeId}:2377`): ManagerAddress {
  return newManagerAddress({ nodeId, raftId, address });
}

test('there is one to each other manager that has an address, and it stays', () => {
  const managers = [manager('self', 1), manager('b', 2), manager('c', 3), manager('d', 4, '')];
  links.update(managers);
  const before = links.byRaftId(2);
  links.update(managers);
  expect(opened).toEqual(['b', 'c']);
  expect(links.byRaftId(2)).toBe(before);
  expect(links.byNodeId('c')?.raftId).toBe(3);
  expect([links.byRaftId(1), links.byNodeId('self'), links.byRaftId(4)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ['is none any more', []],
  ['is somewhere else', [manager('b', 2, '10.0.0.9:2377')]],
  ['has another raft id', [manager('b', 9)]],
])('one that %s is closed, and whoever uses it hears', (_, managers) => {
  links.update([manager('b', 2)]);
  const before = links.byRaftId(2);
  links.update(managers);
  expect(before?.signal.aborted).toBe(true);
  expect(open).toHaveLength(managers.length);
  expect(links.byNodeId('b')?.signal.aborted).toBe(managers.length === 0 ? undefined : false);
});

test('all are closed in the end, though one cannot be, and none is opened again', async () => {
  links.update([manager('b', 2), manager('c', 3)]);
  failure = new Error('the socket is stuck');
  await links[Symbol.asyncDispose]();
  links.update([manager('b', 2), manager('d', 4)]);
  await links[Symbol.asyncDispose]();
  expect([open, opened]).toEqual([[], ['b', 'c']]);
});

test('a leader whose address is not known is said not to be', async () => {
  const call = leaderLink(links).submit(7, [], new AbortController().signal);
  await expect(call).rejects.toSatisfy((error) => isShoalError(error, 'unavailable'));
  await expect(call).rejects.toMatchObject({ fields: { unsent: true } });
});

test.each([
  ['takes no connection', { refused: true }, true],
  ['is gone after it was asked', {}, undefined],
])('of a leader that %s is said whether it may have heard', async (_, fields, unsent) => {
  refusal = new ShoalError('unavailable', 'no answer', { fields });
  links.update([manager('b', 2)]);
  const call = leaderLink(links).submit(2, [], new AbortController().signal);
  await expect(call).rejects.toSatisfy(
    (error) => isShoalError(error, 'unavailable') && error.fields['unsent'] === unsent,
  );
});
