import { asId } from '../../common/pure/ids.ts';
import type { NetworkRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { lookUp } from './lookup.ts';

/** @throws ShoalError `notFound`, `ambiguous` */
export function findNetwork(view: StoreView, ref: string): NetworkRow {
  return lookUp(
    {
      kind: 'network',
      byId: (id) => view.network(asId<'network'>(id)),
      byName: (name) => {
        const row = view.networkByName(name);
        return row === undefined ? [] : [row];
      },
      all: () => view.networks(),
      idOf: (row) => row.id,
    },
    ref,
  );
}
