// Shows that constraints are read and matched as swarm mode's: its texts for what is wrong, its rules for what is equal.
import { describe, expect, test } from 'vitest';
import {
  matchesAll,
  parseConstraint,
  type Constraint,
} from '../../../../manager/store/constraint.ts';
import type { NodeRow } from '../../../../manager/store/rows.ts';
import { NodeRole } from '../../../../proto/gen/specs.ts';
import { newNodeLifecycle } from '../../../../proto/gen/objects.ts';
import { newPlatform } from '../../../../proto/gen/specs.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';

function read(text: string): Constraint {
  const parsed = parseConstraint(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.message);
  return parsed.constraint;
}

function nodeWith(): NodeRow {
  const rig = new DeciderRig();
  rig.node('n1', {
    address: '192.168.7.20',
    spec: {
      labels: new Map([
        ['zone', 'East'],
        ['Rack', '7'],
      ]),
    },
    description: {
      hostname: 'Host-1',
      platform: newPlatform({ os: 'linux', architecture: 'x86_64' }),
      engineLabels: new Map([['disk', 'ssd']]),
    },
  });
  const row = rig.view.node('n1' as never);
  if (row === undefined) throw new Error('no node');
  return { ...row, lifecycle: newNodeLifecycle({ role: NodeRole.manager }) };
}

describe('reading', () => {
  test.each([
    ['node.role', 'constraint expected one operator from ==, !='],
    ['node.role=manager', 'constraint expected one operator from ==, !='],
    ['1node==x', "key '1node' is invalid"],
    ['==x', "key '' is invalid"],
    ['node.labels.a==', "value '' is invalid"],
    ['node.labels.a==b>c', "value 'b>c' is invalid"],
    ['node.labels.a===b', "value '=b' is invalid"],
  ])('%s is refused', (text, message) => {
    expect(parseConstraint(text)).toEqual({ kind: 'invalid', message });
  });

  test('blanks around key and value do not count', () => {
    expect(read(' node.role != worker ')).toEqual({
      key: 'node.role',
      operator: '!=',
      value: 'worker',
    });
  });
});

describe('matching', () => {
  const node = nodeWith();

  test.each([
    'node.id==N1',
    'node.hostname==host-1',
    'NODE.ROLE==manager',
    'node.role!=worker',
    'node.platform.os==Linux',
    'node.platform.arch==x86_64',
    'node.platform.arch==amd64',
    'node.labels.zone==east',
    'node.labels.Rack==7',
    'node.labels.rack!=7',
    'node.labels.missing!=x',
    'engine.labels.disk==SSD',
    'node.ip==192.168.7.20',
    'node.ip==192.168.0.0/16',
    'node.ip!=10.0.0.0/8',
    'node.ip!=10.0.0.1',
  ])('%s holds', (text) => {
    expect(matchesAll([read(text)], node)).toBe(true);
  });

  test.each([
    'node.id!=n1',
    'node.labels.zone!=EAST',
    'node.labels.missing==x',
    'node.ip==10.0.0.0/8',
    'node.ip!=192.168.7.0/24',
    'node.ip==somewhere',
    'node.ip!=somewhere',
    'node.colour==red',
    'node.colour!=red',
    'node.labels.==x',
  ])('%s does not hold', (text) => {
    expect(matchesAll([read(text)], node)).toBe(false);
  });
});
