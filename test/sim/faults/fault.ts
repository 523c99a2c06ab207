import type { Random } from '../../../common/pure/random.ts';
import type { SimNode } from '../sim-node.ts';

/** Ends a fault; called once. */
export type End = () => void;

/** Begins a fault at `node`; undefined when what it needs is not there. */
export type Begin = (node: SimNode, random: Random) => End | undefined;

export const noEnd: End = () => undefined;
