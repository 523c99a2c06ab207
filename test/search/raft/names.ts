import type { MemberId } from '../../../manager/raft/member.ts';

/** Under which id each member goes: `names[id]`. Whatever is no member keeps its number. */
export type Names = readonly MemberId[];

/** All ways to name the members 1 to `count`; the first leaves everybody's name. */
export function allNames(count: number): readonly Names[] {
  let partial: MemberId[][] = [[0]];
  for (let id = 1; id <= count; id += 1) {
    partial = partial.flatMap((names) => {
      const left = Array.from({ length: count }, (_, position) => position + 1).filter(
        (name) => !names.includes(name),
      );
      return left.map((name) => [...names, name]);
    });
  }
  return partial;
}

export function nameOf(names: Names, id: MemberId): MemberId {
  return names[id] ?? id;
}
