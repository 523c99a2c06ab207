/** What the generator knows of the contract: plain data, in the order of the .proto files. */

export interface SchemaFile {
  /** Base name: `objects` for `objects.proto`. */
  readonly name: string;
  readonly enums: readonly SchemaEnum[];
  readonly messages: readonly SchemaMessage[];
  readonly services: readonly SchemaService[];
}

export interface SchemaEnum {
  readonly name: string;
  readonly comment: string;
  readonly values: readonly SchemaEnumValue[];
}

export interface SchemaEnumValue {
  /** camelCase of the declared name. */
  readonly key: string;
  readonly number: number;
  readonly comment: string;
}

export interface SchemaMessage {
  readonly name: string;
  readonly comment: string;
  /** In ascending order of their numbers; a oneof stands where its first member would. */
  readonly members: readonly SchemaMember[];
}

export type SchemaMember =
  | { readonly kind: 'field'; readonly field: SchemaField }
  | {
      readonly kind: 'oneof';
      readonly name: string;
      readonly comment: string;
      readonly fields: readonly SchemaField[];
    };

export type ScalarName =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'sint64'
  | 'double';

export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarName }
  | { readonly kind: 'enum'; readonly name: string; readonly file: string; readonly zero: string }
  | { readonly kind: 'message'; readonly name: string; readonly file: string };

export interface SchemaField {
  /** camelCase of the declared name. */
  readonly name: string;
  readonly number: number;
  readonly comment: string;
  /** `plain` has a default, `optional` may be undefined (all singular messages), `stringMap` maps strings to strings. */
  readonly shape: 'plain' | 'optional' | 'repeated' | 'stringMap' | 'oneofMember';
  readonly type: FieldType;
}

export interface SchemaService {
  readonly name: string;
  readonly comment: string;
  readonly methods: readonly SchemaMethod[];
}

export interface SchemaMethod {
  readonly name: string;
  readonly comment: string;
  readonly kind: 'unary' | 'serverStream';
  readonly roles: readonly string[];
  readonly request: TypeReference;
  readonly response: TypeReference;
}

/** A message and the file that declares it. */
export interface TypeReference {
  readonly name: string;
  readonly file: string;
}
