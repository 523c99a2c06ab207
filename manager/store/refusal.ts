/** Why a set took no effect, for the author to read again or to tell the user. */
export type Refusal =
  | { readonly kind: 'read'; readonly table: number; readonly key: string; readonly facet: number }
  | {
      readonly kind: 'claim';
      readonly space: string;
      readonly key: string;
      /** Who holds it; '' when a key was given back that nobody holds. */
      readonly owner: string;
    }
  | { readonly kind: 'exists'; readonly table: number; readonly key: string }
  | { readonly kind: 'missing'; readonly table: number; readonly key: string }
  | { readonly kind: 'term' }
  | { readonly kind: 'level' }
  | { readonly kind: 'invalid'; readonly message: string };
